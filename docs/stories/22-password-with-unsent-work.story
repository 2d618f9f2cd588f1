# A new password, with nine unsent items on the phone
Given a company with administrator Amy and engineer Ben
And a job "Pump at the mill" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben starts "Pump at the mill" 60 minutes ago
And Ben notes "One" on "Pump at the mill" 50 minutes ago
And Ben notes "Two" on "Pump at the mill" 45 minutes ago
And Ben photographs "Seal" on "Pump at the mill" 40 minutes ago
And Ben enters 15 minutes on "Pump at the mill" 35 minutes ago
And Ben notes "Three" on "Pump at the mill" 30 minutes ago
And Ben completes "Pump at the mill" 20 minutes ago
And Amy gives Ben a new password
Then Ben's phone has nine unsent
And the office sees Ben signed in nowhere

When Ben's phone comes back
Then Ben's phone is stopped
And Ben's phone is told "password"
And Ben's phone has nothing unsent
And the office sees a visit of 40 minutes by Ben on "Pump at the mill"
And the office sees 3 notes by Ben on "Pump at the mill"
And the office sees 1 photo by Ben on "Pump at the mill"
And the office sees 15 minutes entered by Ben on "Pump at the mill"
And the office sees the status of "Pump at the mill" as "completed"

When Ben signs in
Then the office sees Ben signed in on Ben's phone
And Ben's phone shows the status of "Pump at the mill" as "completed"
And the office sees 3 notes by Ben on "Pump at the mill"
