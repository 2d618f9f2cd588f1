# A subcontractor is unassigned, and completes
# Who had begun did the work; who had not waits for the office. Neither sees the job any more.
Given a company with planner Amy and subcontractors Sue and Sid
And a job "Lights in the hall" assigned to Sue
And a job "Cellar socket" assigned to Sid
When Sue's phone syncs
And Sid's phone syncs
And Sue's phone goes offline
And Sid's phone goes offline
And Sue starts "Lights in the hall" 40 minutes ago
And Amy takes "Lights in the hall" away from Sue
And Amy takes "Cellar socket" away from Sid
And Sue completes "Lights in the hall" a minute later
And Sue notes "Ballast replaced" on "Lights in the hall" a minute later
And Sid starts "Cellar socket" a minute later
And Sue's phone comes back
And Sid's phone comes back
Then the office sees a visit of 40 minutes by Sue on "Lights in the hall"
And the office sees the note "Ballast replaced" by Sue on "Lights in the hall", once
And the office has a job to check to review on "Lights in the hall"
And the office sees no visits by Sid on "Cellar socket"
And the office holds "start" of Sid on "Cellar socket"
And Sid's phone has 1 waiting for the office
And Sue's phone does not show "Lights in the hall"
And Sid's phone does not show "Cellar socket"

When Amy releases what is held of Sid on "Cellar socket"
Then the office sees 1 visit by Sid on "Cellar socket"
And Sid's phone does not show "Cellar socket"
