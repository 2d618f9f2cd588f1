# 5. Cancelled before he began
Given a company with planner Amy and engineer Ben
And it is 08:30 on 2 June 2026 in Europe/London
And a job "Leak in the yard" assigned to Ben
When Ben's phone syncs
And it is 08:45
And Ben's phone goes offline
And it is 08:50
And Amy cancels "Leak in the yard" because "The customer rang: not needed"
And it is 09:05
And Ben starts "Leak in the yard"
And it is 09:30
And Ben photographs "The leak" on "Leak in the yard"
And it is 10:00
And Ben completes "Leak in the yard"
And it is 11:00
And Ben's phone comes back
Then the office sees the status of "Leak in the yard" as "cancelled"
And the office sees 1 visit by Ben on "Leak in the yard"
And the office sees a visit of 55 minutes by Ben on "Leak in the yard"
And the office sees 1 photo by Ben on "Leak in the yard"
And the office sees 2 time events by Ben on "Leak in the yard"
And the office sees 55 minutes paid to Ben
And the office sees "Leak in the yard" flagged as late_work
And the office has late work to review on "Leak in the yard"
And Ben's phone has nothing unsent
And Ben's phone has nothing waiting for the office
