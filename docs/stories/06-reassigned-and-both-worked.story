# 6. Reassigned, and both worked
Given a company with planner Amy and engineers Ben and Cal
And it is 08:30 on 2 June 2026 in Europe/London
And a job "Pump at the mill" assigned to Ben
When Ben's phone syncs
And Cal's phone syncs
And Ben's phone goes offline
And it is 09:05
And Ben starts "Pump at the mill"
And it is 09:10
And Amy moves "Pump at the mill" from Ben to Cal
And it is 09:30
And Cal starts "Pump at the mill"
And Cal notes "Somebody was here" on "Pump at the mill"
And Cal's phone syncs
And Ben notes "Seal replaced" on "Pump at the mill"
And Ben photographs "The old seal" on "Pump at the mill"
And it is 10:00
And Ben completes "Pump at the mill"
And Ben's phone comes back
Then the office sees 2 visits on "Pump at the mill"
And the office sees 1 visit by Ben on "Pump at the mill"
And the office sees 1 visit by Cal on "Pump at the mill"
And the office sees a visit of 55 minutes by Ben on "Pump at the mill"
And the office sees the status of "Pump at the mill" as "in_progress"
And the office sees "Pump at the mill" flagged as duplicate_visit
And the office has a duplicate visit to review on "Pump at the mill"
And the office sees the note "Seal replaced" by Ben on "Pump at the mill", once
And the office sees the note "Somebody was here" by Cal on "Pump at the mill", once
And the office sees 1 photo by Ben on "Pump at the mill"
And the office sees 2 time events by Ben on "Pump at the mill"
And the office sees 55 minutes paid to Ben
And the office sees "Pump at the mill" not assigned to Ben
And Cal's phone shows the note "Seal replaced" on "Pump at the mill"
And Cal's phone shows the status of "Pump at the mill" as "in_progress"
And Ben's phone does not show "Pump at the mill"
And Ben's phone has nothing unsent

When it is 10:30
And Cal completes "Pump at the mill"
And Cal's phone syncs
Then the office sees the status of "Pump at the mill" as "completed"
And the office sees a visit of 60 minutes by Cal on "Pump at the mill"
And the office sees 60 minutes paid to Cal
And the office sees 55 minutes paid to Ben
And the office sees the note "Seal replaced" by Ben on "Pump at the mill", once
