# 1. The boiler in the basement
# Without signal, killed twice by the phone, and cut off after every answer: the work is in once, and nothing of it is lost.
Given a company with planner Amy and engineer Ben
And a customer "ACME Bakery" at "12 High Street"
And a job "Boiler in the basement" at "ACME Bakery" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben starts "Boiler in the basement" 115 minutes ago
And Ben notes "Burner is cracked" on "Boiler in the basement" 100 minutes ago
And Ben takes 6 photos of "Boiler in the basement" 99 minutes ago
And the app on Ben's phone is killed
And Ben takes 6 photos of "Boiler in the basement" 70 minutes ago
And Ben notes "New burner fitted" on "Boiler in the basement" 65 minutes ago
And the app on Ben's phone is killed
And Ben notes "Tested at 80 degrees" on "Boiler in the basement" 45 minutes ago
And Ben has "Boiler in the basement" signed by "J. Baker" 41 minutes ago
And Ben completes "Boiler in the basement" 40 minutes ago
Then Ben's phone has 20 unsent
And the office sees the status of "Boiler in the basement" as "offered"
And the office sees no notes on "Boiler in the basement"
And the office sees no visits on "Boiler in the basement"

When the connection of Ben's phone breaks after every answer
And Ben's phone comes back
Then Ben's phone has nothing unsent
And the office sees the status of "Boiler in the basement" as "completed"
And the office sees 1 visit on "Boiler in the basement"
And the office sees that the visit of Ben on "Boiler in the basement" began 115 minutes ago
And the office sees a visit of 75 minutes by Ben on "Boiler in the basement"
And the office sees 3 notes by Ben on "Boiler in the basement"
And the office sees the note "Burner is cracked" by Ben on "Boiler in the basement", once
And the office sees the note "New burner fitted" by Ben on "Boiler in the basement", once
And the office sees that the note "New burner fitted" on "Boiler in the basement" was received 65 minutes after it was written
And the office sees the note "Tested at 80 degrees" by Ben on "Boiler in the basement", once
And the office sees 12 photos by Ben on "Boiler in the basement"
And the office sees 1 signature by Ben on "Boiler in the basement"
And the office sees 2 time events by Ben on "Boiler in the basement"
And the office sees 75 minutes paid to Ben
And Ben's phone shows the same as the office
And the office has nothing to review on "Boiler in the basement"
