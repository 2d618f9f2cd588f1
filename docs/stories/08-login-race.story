# 8. Two phones, signed in on at the same moment
# One of them is live each time, and nothing is applied under both.
Given a company with planner Amy and engineer Ben
And a job "Pump at the mill" assigned to Ben
When Ben signs in on two phones at once 10 times
Then each time one phone was let in and the other asked
And the office sees Ben signed in on one phone alone
And the office sees Ben signed in on Ben's phone
And Ben's phone is connected

When Ben notes "By the one that was let in" on "Pump at the mill"
And Ben's phone syncs
Then the office sees the note "By the one that was let in" by Ben on "Pump at the mill", once
And the office sees 1 note on "Pump at the mill"
And the session of Ben is still the same
