# 11. The stolen phone
# Nothing that it has counts any more, and it keeps nothing; Ben goes on with another one.
Given a company with administrator Amy and engineer Ben
And a job "Pump at the mill" assigned to Ben
When Ben's phone syncs
And Ben notes "Arrived" on "Pump at the mill"
And Ben's phone syncs
And the connection of Ben's phone is slow
And Ben starts "Pump at the mill" 20 minutes ago
And Ben notes "By whoever has it" on "Pump at the mill" 10 minutes ago
Then the office sees Ben signed in on Ben's phone with 3 unsent

When Ben's phone goes offline
And Amy marks Ben's phone as stolen
Then the office sees Ben's phone as stolen with 3 unsent
And the office sees Ben signed in nowhere

When Ben signs in on a second phone
Then Ben's second phone is connected
And the office sees Ben signed in on Ben's second phone
And Ben's second phone shows the note "Arrived" on "Pump at the mill"

When Ben's first phone comes back
Then Ben's first phone is wiped
And Ben's first phone was sent nothing since then
And Ben's first phone does not show "Pump at the mill"
And the office sees 0 time events by Ben
And the office sees no visits on "Pump at the mill"
And the office sees 1 note on "Pump at the mill"
And the office has nothing to review on "Pump at the mill"
And the session of Ben is still the same

When Ben notes "From the new one" on "Pump at the mill"
And Ben's second phone syncs
Then the office sees the note "From the new one" by Ben on "Pump at the mill", once
