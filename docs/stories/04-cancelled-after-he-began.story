# 4. Cancelled after he began
Given a company with planner Amy and engineer Ben
And it is 08:30 on 2 June 2026 in Europe/London
And a job "Leak in the yard" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And it is 09:05
And Ben starts "Leak in the yard"
And it is 09:40
And Amy cancels "Leak in the yard" because "The customer rang: not needed"
Then the office sees the status of "Leak in the yard" as "cancelled"

When it is 10:20
And Ben completes "Leak in the yard"
And it is 11:00
And Ben's phone comes back
Then the office sees the status of "Leak in the yard" as "completed"
And the office has a job to check to review on "Leak in the yard"
And the office sees "Leak in the yard" flagged as needs_review
And the office sees 1 visit on "Leak in the yard"
And the office sees a visit of 75 minutes by Ben on "Leak in the yard"
And the office sees 2 time events by Ben on "Leak in the yard"
And the office sees 75 minutes paid to Ben
And Ben's phone has nothing unsent
And Ben's phone has nothing waiting for the office
And Ben's phone shows the status of "Leak in the yard" as "completed"
