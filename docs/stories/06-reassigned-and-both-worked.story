# 6. Reassigned, and both worked
Given a company with planner Amy and engineers Ben and Cal
And a job "Pump at the mill" assigned to Ben
When Ben's phone syncs
And Cal's phone syncs
And Ben's phone goes offline
And Ben starts "Pump at the mill" 55 minutes ago
And Amy moves "Pump at the mill" from Ben to Cal
And Cal starts "Pump at the mill"
And Ben notes "Seal replaced" on "Pump at the mill" a minute later
And Ben completes "Pump at the mill" a minute later
And Ben's phone comes back
Then the office sees 2 visits on "Pump at the mill"
And the office sees a visit of 55 minutes by Ben on "Pump at the mill"
And the office sees the status of "Pump at the mill" as "in_progress"
And the office sees "Pump at the mill" flagged as duplicate_visit
And the office has a duplicate visit to review on "Pump at the mill"
And the office sees the note "Seal replaced" by Ben on "Pump at the mill", once
And the office sees 2 time events by Ben on "Pump at the mill"
And Cal's phone shows the note "Seal replaced" on "Pump at the mill"
And Ben's phone does not show "Pump at the mill"

When Cal completes "Pump at the mill"
And Cal's phone syncs
Then the office sees the status of "Pump at the mill" as "completed"
