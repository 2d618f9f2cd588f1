# Nights on which the clocks change, around the world
# Everybody works from ten to six by the clocks where they are, and is paid what passed.
Given a company with administrator Amy and engineers Ben, Kim, Tom, Eve and Nat
And it is 20:00 on 28 March 2026 in Europe/London
And a job "Watch in London in spring" assigned to Ben
And a job "Watch in Auckland" assigned to Kim
And a job "Watch on Lord Howe Island" assigned to Tom
And a job "Watch in London in autumn" assigned to Eve
And a job "Watch in New York" assigned to Nat
And Ben is paid by the days of Europe/London
And Kim is paid by the days of Pacific/Auckland
And Tom is paid by the days of Australia/Lord_Howe
And Eve is paid by the days of Europe/London
And Nat is paid by the days of America/New_York

When Ben's phone syncs
And it is 22:00
And Ben starts "Watch in London in spring"
And it is 06:00
And Ben completes "Watch in London in spring"
And Ben's phone syncs
Then the office sees 420 minutes paid to Ben
And the office sees 120 minutes paid to Ben on 28 March 2026
And the office sees 300 minutes paid to Ben on 29 March 2026

When it is 20:00 on 4 April 2026 in Pacific/Auckland
And Kim's phone syncs
And Tom's phone syncs
And it is 22:00
And Kim starts "Watch in Auckland"
And it is 22:00 on 4 April 2026 in Australia/Lord_Howe
And Tom starts "Watch on Lord Howe Island"
And it is 06:00 on 5 April 2026 in Pacific/Auckland
And Kim completes "Watch in Auckland"
And it is 06:00 on 5 April 2026 in Australia/Lord_Howe
And Tom completes "Watch on Lord Howe Island"
And Kim's phone syncs
And Tom's phone syncs
Then the office sees 540 minutes paid to Kim
And the office sees 120 minutes paid to Kim on 4 April 2026
And the office sees 420 minutes paid to Kim on 5 April 2026
And the office sees 510 minutes paid to Tom
And the office sees 120 minutes paid to Tom on 4 April 2026
And the office sees 390 minutes paid to Tom on 5 April 2026

When it is 20:00 on 24 October 2026 in Europe/London
And Eve's phone syncs
And it is 22:00
And Eve starts "Watch in London in autumn"
And it is 06:00
And Eve completes "Watch in London in autumn"
And Eve's phone syncs
Then the office sees 540 minutes paid to Eve
And the office sees 120 minutes paid to Eve on 24 October 2026
And the office sees 420 minutes paid to Eve on 25 October 2026

When it is 20:00 on 31 October 2026 in America/New_York
And Nat's phone syncs
And it is 22:00
And Nat starts "Watch in New York"
And it is 06:00
And Nat completes "Watch in New York"
And Nat's phone syncs
Then the office sees 540 minutes paid to Nat
And the office sees 120 minutes paid to Nat on 31 October 2026
And the office sees 420 minutes paid to Nat on 1 November 2026
