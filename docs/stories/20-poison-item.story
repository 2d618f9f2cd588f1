# 20. One of forty changes that cannot go in
# It waits for the office with what it says; the other thirty-nine are in, and the phone is not needed to put it right.
Given a company with administrator Ada, planner Amy and engineer Ben
And a customer "ACME Bakery" at "5 Mill Lane"
And a job "Oven door" at "ACME Bakery" assigned to Ben
And a job "Oven light" at "ACME Bakery" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben writes 6 notes on "Oven door" 50 minutes ago
And Ben notes "Part 4711 fitted" on "Oven light" 45 minutes ago
And Ben writes 33 notes on "Oven door" 40 minutes ago
And Ada deletes "Oven light"
Then Ben's phone has 40 unsent

When Ben's phone comes back
Then Ben's phone has nothing unsent
And Ben's phone has 1 waiting for the office
And Ben's phone is connected
And the outcome of "Part 4711 fitted" on Ben's phone is held because "what it belongs to is not there"
And the office sees 39 notes by Ben on "Oven door"
And the office holds "Part 4711 fitted" of Ben on "Oven light"
And the office has a held change to review on "Oven light" by Ben

When Ben's phone goes offline
And Amy releases what is held of Ben on "Oven light" as of "Oven door" with "Part 4712 fitted" instead of "Part 4711 fitted"
Then the office sees the note "Part 4712 fitted" by Ben on "Oven door", once
And the office has nothing to review on "Oven light"

When Ben's phone comes back
Then Ben's phone has nothing waiting for the office
And Ben's phone shows the note "Part 4712 fitted" on "Oven door"
And Ben's phone does not show the note "Part 4711 fitted" on "Oven door"
