# 10. The flaky train
Given a company with planner Amy and engineer Ben
And a job "Signals at the depot" assigned to Ben
When Ben's phone syncs
Then the office sees Ben signed in on Ben's phone

When Ben notes "On the train" on "Signals at the depot"
And the connection of Ben's phone drops 100 times
And Ben notes "Still on the train" on "Signals at the depot"
And the connection of Ben's phone drops 100 times
And Ben's phone syncs
Then the session of Ben is still the same
And the office sees Ben signed in on Ben's phone with nothing unsent
And Ben's phone is connected
And Ben's phone was sent at most 12 records since then
And the office sees the note "On the train" by Ben on "Signals at the depot", once
And the office sees the note "Still on the train" by Ben on "Signals at the depot", once
And the office sees 2 notes on "Signals at the depot"
And Ben's phone shows the same as the office
