# 30. The office finds that it has a customer twice
# What names the old one is the other's from then on, and so is what comes later from somebody who could not know; work is not disturbed by it.
Given a company with administrator Amy and engineer Ben
And a customer "ACME Bakery" at "5 Mill Lane"
And a customer "Acme Bakeries" at "5 Mill Lane, the back door"
And Amy sets the mobile right create_job of Ben to on
And a job "Oven door" at "Acme Bakeries" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben starts "Oven door" 30 minutes ago
And Amy says that "Acme Bakeries" is "ACME Bakery"
And Ben makes a job "Oven light" for "Acme Bakeries" 20 minutes ago
And Ben notes "Bulb and fitting" on "Oven light" 15 minutes ago
And Ben completes "Oven door" 10 minutes ago
Then Ben's phone shows the customer of "Oven light" as "Acme Bakeries"
And the office sees the customer of "Oven door" as "ACME Bakery"

When Ben's phone comes back
Then Ben's phone has nothing unsent
And Ben's phone has nothing waiting for the office
And the office sees the customer of "Oven light" as "ACME Bakery"
And the office sees the note "Bulb and fitting" by Ben on "Oven light", once
And the office sees the status of "Oven door" as "completed"
And the office has nothing to review on "Oven door"
And Ben's phone shows the customer of "Oven light" as "ACME Bakery"
And Ben's phone shows the customer of "Oven door" as "ACME Bakery"
