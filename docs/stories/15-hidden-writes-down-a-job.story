# 15. A contractor from whom customers are hidden writes down a job
# What she types is answered alike whether there is such a customer or not; whose job it is, the office is asked, and she never hears of it.
Given a company with administrator Amy and subcontractor Sue
And a customer "ACME Bakery" at "5 Mill Lane"
And Amy sets the mobile right create_job of Sue to on
When Sue's phone syncs
And Sue writes down a job "Leak one" at "ACME Bakery, 5 Mill Lane"
And Sue writes down a job "Leak two" at "Zeta Makers, 5 Nil Lane."
Then Sue's phone was answered alike for "Leak one" and "Leak two"
And the office has a possible duplicate to review on "Leak one" by Sue
And the office has nothing to review on "Leak two"

When Sue's phone goes offline
And Sue writes down a job "Leak three" at "ACME Bakery, 5 Mill Lane" 30 minutes ago
And Sue notes "Water under the oven" on "Leak three" 20 minutes ago
Then Sue's phone shows "Leak three"
And Sue's phone shows the words "ACME Bakery, 5 Mill Lane" for "Leak three"

When Sue's phone comes back
Then Sue's phone has nothing unsent
And Sue's phone shows the words "ACME Bakery, 5 Mill Lane" for "Leak three"
And Sue's phone was never sent anything of "ACME Bakery"
And the office sees no customer of "Leak three"
And the office has a possible duplicate to review on "Leak three" by Sue
And the office sees the note "Water under the oven" by Sue on "Leak three", once

When Amy agrees that "Leak one" is of "ACME Bakery"
And Amy links "Leak three" to "ACME Bakery"
Then the office has nothing to review on "Leak one"
And the office has nothing to review on "Leak three"
And the office sees the customer of "Leak one" as "ACME Bakery"
And Sue's phone was sent nothing since then
And Sue's phone shows the words "ACME Bakery, 5 Mill Lane" for "Leak three"
And Sue's phone shows no customers
And Sue's phone shows no sites
And Sue's phone finds nothing for "customer"
And Sue's phone was never sent anything of "ACME Bakery"
And Sue's phone was answered alike for "Leak one" and "Leak two"
