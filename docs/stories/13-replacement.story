# 13. Somebody takes the place of another
Given a company with administrator Amy and engineers Ben and Cal
And a job "Pump at the mill" assigned to Ben
And a job "Oven door" assigned to Ben
And a job "Fan" assigned to Ben
And a job "Cellar light" assigned to Ben
When Ben's phone syncs
And Cal's phone syncs
And Ben starts "Pump at the mill" 60 minutes ago
And Ben notes "Seal is torn" on "Pump at the mill" 50 minutes ago
And Ben has "Pump at the mill" signed by "J. Miller" 45 minutes ago
And Ben enters 45 minutes on "Pump at the mill" 40 minutes ago
And Ben's phone syncs
And Ben's phone goes offline
And Ben completes "Pump at the mill" 5 minutes ago
And Amy replaces Ben by Cal
Then Cal's phone shows 4 jobs
And Cal's phone shows the note "Seal is torn" on "Pump at the mill"
And Cal's phone shows the same as the office
And the office sees "Oven door" assigned to Cal
And the office sees "Oven door" not assigned to Ben
And the office sees "Fan" assigned to Cal
And the office sees "Cellar light" assigned to Cal
And the office sees "Pump at the mill" assigned to Cal
And the office sees Ben signed in nowhere

When Cal starts "Pump at the mill"
And Cal's phone syncs
And Ben's phone comes back
Then Ben's phone is stopped
And Ben's phone was sent nothing since then
And the office sees the status of "Pump at the mill" as "in_progress"
And the office sees the note "Seal is torn" by Ben on "Pump at the mill", once
And the office sees 1 signature by Ben on "Pump at the mill"
And the office sees no signatures by Cal on "Pump at the mill"
And the office sees 45 minutes entered by Ben on "Pump at the mill"
And the office sees 0 minutes entered by Cal on "Pump at the mill"
And the office sees a visit of 55 minutes by Ben on "Pump at the mill"
And the office sees 1 visit by Cal on "Pump at the mill"
And Cal's phone shows the status of "Pump at the mill" as "in_progress"
