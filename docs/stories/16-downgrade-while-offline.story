# 16. Rights taken back while she is offline
# Three things go by the name: the customer, its site, and the card of the job. She is of the company's own people; a subcontractor has no directory of customers at any level.
Given a company with administrator Amy and engineer Eve
And a customer "ACME Bakery" at "5 Mill Lane"
And 299 more customers
And a job "Emergency lights" at "ACME Bakery" assigned to Eve
And Amy sets the mobile right create_job of Eve to on
And Amy sets the mobile right customers of Eve to full
When Eve's phone syncs
Then Eve's phone shows 300 customers
And Eve's phone finds 3 for "Bakery"

When Eve's phone goes offline
And Eve starts "Emergency lights" 30 minutes ago
And Eve changes the phone of "ACME Bakery" to "028 9012 3456" 20 minutes ago
And Eve completes "Emergency lights" 10 minutes ago
And Amy sets the mobile right customers of Eve to hidden
Then the office sees the rights of Eve's phone as not confirmed

When Eve's phone comes back
Then Eve's phone was told to forget before it was sent anything new
And Eve's phone shows no customers
And Eve's phone shows no sites
And Eve's phone does not show "ACME Bakery"
And Eve's phone finds nothing for "Bakery"
And the office sees the rights of Eve's phone as confirmed
And the outcome of "028 9012 3456" on Eve's phone is held
And the office holds "028 9012 3456" of Eve on "ACME Bakery"
And the office has a held change to review on "ACME Bakery" by Eve
And Eve's phone has 1 waiting for the office
And the office sees the status of "Emergency lights" as "completed"
And the office sees a visit of 20 minutes by Eve on "Emergency lights"
