# 12. Somebody leaves, with two hours of work on a phone without signal
# The hours are theirs whatever happens; everything else that they did waits for the office.
Given a company with administrator Amy and engineer Ben
And a job "Pump at the mill" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben starts "Pump at the mill" 130 minutes ago
And Ben notes "Seal replaced" on "Pump at the mill" 30 minutes ago
And Ben completes "Pump at the mill" 10 minutes ago
And Ben enters 120 minutes on "Pump at the mill" 5 minutes ago
And Amy removes Ben because "Left on Friday"
Then the office sees "Pump at the mill" not assigned to Ben
And the office sees the status of "Pump at the mill" as "unassigned"
And the office sees Ben signed in nowhere

When Ben's phone comes back
Then Ben's phone is stopped
And Ben's phone was sent nothing since then
And Ben's phone has nothing unsent
And the office sees 120 minutes entered by Ben on "Pump at the mill"
And the office sees time of Ben flagged as removed_user
And the office sees no notes on "Pump at the mill"
And the office sees the status of "Pump at the mill" as "unassigned"
And the office sees no visits on "Pump at the mill"
And the office sees 3 time events by Ben on "Pump at the mill"
And the office holds "Seal replaced" of Ben on "Pump at the mill"
And the office holds "done" of Ben on "Pump at the mill"
And the office has a held change to review on "Pump at the mill" by Ben

When Amy releases what is held of Ben on "Pump at the mill"
Then the office sees the note "Seal replaced" by Ben on "Pump at the mill", once
And the office sees a visit of 120 minutes by Ben on "Pump at the mill"
