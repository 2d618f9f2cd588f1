# 29. An engineer who may assign two people assigns a third
# Whom somebody may give work to is a list; what goes beyond it waits for the office, and nobody hears of it before that.
Given a company with administrator Amy and engineers Ben, Cal and Dan
And Amy sets the mobile right assign_jobs of Ben to on
And Amy sets the mobile right assign_to of Ben to Cal
And a job "Oven door" assigned to Ben
And a job "Oven light" assigned to Ben
When Ben's phone syncs
And Cal's phone syncs
And Dan's phone syncs
And Ben assigns "Oven door" to Cal
And Ben assigns "Oven light" to Dan
And Ben's phone syncs
Then the office sees "Oven door" assigned to Cal
And Cal's phone shows "Oven door"
And Ben's phone has 1 waiting for the office
And the office sees "Oven light" not assigned to Dan
And Dan's phone does not show "Oven light"
And the office has a held change to review on "Oven light" by Ben

When Amy dismisses what is held of Ben on "Oven light"
And Amy sets the mobile right assign_to of Ben to anyone
And Ben's phone syncs
And Ben assigns "Oven light" to Dan
And Ben's phone syncs
Then the office sees "Oven light" assigned to Dan
And Ben's phone has nothing waiting for the office
And the office has nothing to review on "Oven light"
