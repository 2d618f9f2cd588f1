# 5. Cancelled before he began
Given a company with planner Amy and engineer Ben
And a job "Leak in the yard" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Amy cancels "Leak in the yard" because "The customer rang: not needed"
And Ben starts "Leak in the yard" a minute later
And Ben photographs "The leak" on "Leak in the yard" a minute later
And Ben completes "Leak in the yard" a minute later
And Ben's phone comes back
Then the office sees the status of "Leak in the yard" as "cancelled"
And the office sees 1 visit by Ben on "Leak in the yard"
And the office sees 1 photo by Ben on "Leak in the yard"
And the office sees 2 time events by Ben on "Leak in the yard"
And the office sees "Leak in the yard" flagged as late_work
And the office has late work to review on "Leak in the yard"
