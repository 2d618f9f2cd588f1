# 4. Cancelled after he began
Given a company with planner Amy and engineer Ben
And a job "Leak in the yard" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben starts "Leak in the yard" 75 minutes ago
And Amy cancels "Leak in the yard" because "The customer rang: not needed"
Then the office sees the status of "Leak in the yard" as "cancelled"

When Ben completes "Leak in the yard" a minute later
And Ben's phone comes back
Then the office sees the status of "Leak in the yard" as "completed"
And the office has a job to check to review on "Leak in the yard"
And the office sees "Leak in the yard" flagged as needs_review
And the office sees a visit of 75 minutes by Ben on "Leak in the yard"
And the office sees 2 time events by Ben on "Leak in the yard"
And Ben's phone shows the status of "Leak in the yard" as "completed"
