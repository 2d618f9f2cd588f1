# 20. One of forty changes that cannot go in
# It waits for the office with what it says; the other thirty-nine are in, and the phone is not needed to settle it.
Given a company with planner Amy and engineer Ben
And a customer "ACME Bakery" at "5 Mill Lane"
And a job "Oven door" at "ACME Bakery" assigned to Ben
When Ben's phone syncs
And Ben's phone goes offline
And Ben writes 6 notes on "Oven door" 50 minutes ago
And Ben changes the phone of "ACME Bakery" to "028 9012 3456" 45 minutes ago
And Ben writes 33 notes on "Oven door" 40 minutes ago
Then Ben's phone has 40 unsent

When Ben's phone comes back
Then Ben's phone has nothing unsent
And Ben's phone has 1 waiting for the office
And Ben's phone is connected
And the outcome of "028 9012 3456" on Ben's phone is held because "you may not change this now"
And the office sees 39 notes by Ben on "Oven door"
And the office holds "028 9012 3456" of Ben on "ACME Bakery"
And the office has a held change to review on "ACME Bakery" by Ben

When Ben's phone goes offline
And Amy releases what is held of Ben on "ACME Bakery"
Then the office sees the phone of "ACME Bakery" as "028 9012 3456"
And the office has nothing to review on "ACME Bakery"

When Ben's phone comes back
Then Ben's phone has nothing waiting for the office
And Ben's phone shows the phone of "ACME Bakery" as "028 9012 3456"
