# 9. A company that lets nobody in on a second phone
# It is refused until the office lets the first one go, which sends what it has before it ends.
Given a company with administrator Amy and engineer Ben
And the setting policy_mobile is refuse
And a job "Boiler at the school" assigned to Ben
And Amy sets the mobile right edit_job of Ben to on
When Ben's phone syncs
And the connection of Ben's phone is slow
And Ben notes "Burner is cracked" on "Boiler at the school"
And Ben changes the description of "Boiler at the school" to "Needs a new burner"
Then Ben's phone has 2 unsent
And the office sees no notes on "Boiler at the school"

When Ben signs in on a second phone
Then Ben is not let in on Ben's second phone because "must be released first"
And Ben is not let in on Ben's second phone because "Sign out on that device"
And Ben is not let in on Ben's second phone because "ask somebody who manages people to end its session"
And Ben's second phone does not show "Boiler at the school"
And Ben's first phone is connected
And Ben's first phone has 2 unsent
And the office sees Ben signed in on Ben's first phone
And the session of Ben is still the same

When Amy ends the session of Ben because "You have a new phone"
Then Ben's first phone is stopped
And Ben's first phone is told "the office ended this session"
And Ben's first phone is told "You have a new phone"
And Ben's first phone is told "Amy"
And Ben's first phone has nothing unsent
And the outcome of "Burner is cracked" on Ben's first phone is applied
And the outcome of "Needs a new burner" on Ben's first phone is applied
And the office sees the note "Burner is cracked" by Ben on "Boiler at the school", once
And the office sees the description of "Boiler at the school" as "Needs a new burner"
And the office sees Ben signed in nowhere

When Ben signs in on the second phone
Then Ben's second phone is connected
And the office sees Ben signed in on Ben's second phone
And Ben's second phone shows the note "Burner is cracked" on "Boiler at the school"
And Ben's second phone shows the same as the office
And Ben's first phone is stopped
And the office has nothing to review on "Boiler at the school"
