# One change that cannot go in does not stop those behind it
Given a company with planner Amy and engineer Ben
And a customer "ACME Bakery" at "5 Mill Lane"
And a job "Oven door" at "ACME Bakery" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben notes "Before" on "Oven door" 30 minutes ago
And Ben changes the phone of "ACME Bakery" to "028 9012 3456" 25 minutes ago
And Ben notes "After" on "Oven door" 20 minutes ago
And Ben enters 45 minutes on "Oven door" 10 minutes ago
And Ben's phone comes back
Then Ben's phone has nothing unsent
And Ben's phone has 1 waiting for the office
And the outcome of "028 9012 3456" on Ben's phone is held because "you may not change this now"
And the office holds "028 9012 3456" of Ben on "ACME Bakery"
And the office sees the note "Before" by Ben on "Oven door", once
And the office sees the note "After" by Ben on "Oven door", once
And the office sees 45 minutes entered by Ben on "Oven door"

When Ben's phone goes offline
And Amy releases what is held of Ben on "ACME Bakery"
Then the office sees the phone of "ACME Bakery" as "028 9012 3456"

When Ben's phone comes back
Then Ben's phone has nothing waiting for the office
And Ben's phone shows the phone of "ACME Bakery" as "028 9012 3456"
