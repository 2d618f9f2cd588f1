# 7. Another phone, while the first one has unsent work
# What it said last is what the question says; and what only the office may decide by now is not decided by a phone that lost
# its session.
Given a company with administrator Amy and engineer Ben
And a job "Pump at the mill" assigned to Ben
And Amy sets the mobile right edit_job of Ben to on
When Ben's phone syncs
And the connection of Ben's phone is slow
And Ben starts "Pump at the mill" 60 minutes ago
And Ben notes "Seal is torn" on "Pump at the mill" 50 minutes ago
And Ben changes the description of "Pump at the mill" to "Needs a new seal" 40 minutes ago
And Ben photographs "The seal" on "Pump at the mill" 30 minutes ago
Then Ben's phone has 5 unsent
And the office sees Ben signed in on Ben's phone with 5 unsent

When Ben's phone goes offline
And Ben signs in on a second phone
Then Ben is asked about Ben's first phone with 5 unsent
And the office sees Ben signed in on Ben's first phone
And the session of Ben is still the same

When Ben takes over
Then the office sees Ben signed in on Ben's second phone
And Ben's second phone is connected
And Ben's second phone does not show the note "Seal is torn" on "Pump at the mill"
And Ben's first phone has 5 unsent

When Ben's first phone comes back
Then Ben's first phone is stopped
And Ben's first phone is told "signed in on another device"
And Ben's first phone has nothing unsent
And the outcome of "Seal is torn" on Ben's first phone is applied
And the outcome of "The seal" on Ben's first phone is applied
And the outcome of "Needs a new seal" on Ben's first phone is recorded
And Ben's first phone was sent nothing since then
And the office sees the note "Seal is torn" by Ben on "Pump at the mill", once
And the office sees 1 photo by Ben on "Pump at the mill"
And the office sees no description of "Pump at the mill"
And the office sees 1 time event by Ben on "Pump at the mill"
And the office sees that the visit of Ben on "Pump at the mill" began 60 minutes ago
And the session of Ben is still the same
And the office sees Ben signed in on Ben's second phone
And Ben's second phone is connected
And Ben's second phone shows the note "Seal is torn" on "Pump at the mill"
And Ben's second phone shows the same as the office

When Ben's second phone syncs
Then Ben's first phone is stopped
And Ben's second phone is connected
