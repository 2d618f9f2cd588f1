# Every sentence about sessions, one after the other
Given a company with administrator Amy and engineer Ben
And a job "Pump at the mill" assigned to Ben
And a job "Oven door" assigned to Ben
When Ben signs in
And Ben's phone goes offline
And Ben notes "From the first phone" on "Pump at the mill" 10 minutes ago
And Ben changes the description of "Oven door" to "Hinge" 5 minutes ago
And Ben signs in on a second phone
Then Ben is asked about Ben's first phone
And the office sees Ben signed in on Ben's first phone

When Ben takes over
Then the office sees Ben signed in on Ben's second phone
And Ben's second phone is connected
And Ben's second phone shows "Pump at the mill"
And Ben's first phone has two unsent

When Ben's first phone comes back
Then Ben's first phone is stopped
And Ben's first phone is told "another"
And Ben's first phone has nothing unsent
And Ben's first phone was sent nothing since then
And the office sees the note "From the first phone" by Ben on "Pump at the mill", once
And the office sees no description of "Oven door"
And the outcome of "Hinge" on Ben's first phone is recorded
And the outcome of "From the first phone" on Ben's first phone is applied
And Ben's second phone shows the note "From the first phone" on "Pump at the mill"
And the session of Ben is still the same

When Ben takes up the first phone
And Ben on the second phone notes "From the second phone" on "Oven door"
And Ben's second phone syncs
Then the office sees the note "From the second phone" by Ben on "Oven door", once
And Ben's phone does not show the note "From the second phone" on "Oven door"

When Amy ends the session of Ben because "Please come to the office"
Then the office sees Ben signed in nowhere
And Ben's second phone is stopped
And Ben's second phone is told "the office ended this session"
And Ben's second phone is told "Amy"

When Ben signs in on the second phone
And Amy ends the session of Ben at once
Then Ben's phone is stopped

When Ben signs in on the second phone
And Ben's phone goes offline
And Ben notes "Before it was lost" on "Oven door" 10 minutes ago
And Amy marks Ben's phone as lost
Then the office sees Ben's second phone as lost
And the office sees Ben signed in nowhere

When Ben's second phone comes back
Then Ben's second phone is wiped
And the office holds "Before it was lost" of Ben on "Oven door"
And the office sees no notes by Amy on "Oven door"

When Amy marks Ben's second phone as found
And Ben signs in on a third phone
And Amy marks Ben's third phone as stolen
Then the office sees Ben's third phone as stolen
And Ben's third phone is wiped

When Ben signs in on the first phone
And Ben signs out
Then the office sees Ben signed in nowhere
And Ben's first phone is stopped
