package shape

import "github.com/fieldsync/fieldsync/sync/model"

// Names of the kinds, in the order of who refers to whom.
const (
	Customers = "customers"
	Sites     = "sites"
	Contacts  = "contacts"
	Assets    = "assets"
	Users     = "users"
	Jobs      = "jobs"
)

// Names are all kinds, in that order.
func Names() []string { return []string{Customers, Sites, Contacts, Assets, Users, Jobs} }

// Kinds are all kinds, with the fields of a company.
func Kinds(t *model.Table) []Kind {
	return []Kind{customers(t), sites(t), contacts(t), assets(t), users(t), jobs(t)}
}

// nounsOf are what the records of a collection are called; the first is the collection's own word.
func nounsOf(c model.Collection) []string {
	switch c {
	case model.Customers:
		return []string{"customer", "cust", "client", "account", "acc", "acct"}
	case model.Sites:
		return []string{"site", "location", "premises"}
	case model.Contacts:
		return []string{"contact"}
	case model.Assets:
		return []string{"asset", "equipment", "appliance"}
	case model.Jobs:
		return []string{"job", "workorder", "order", "wo", "ticket"}
	default:
		return []string{"user"}
	}
}

const (
	phones = "telephone tel tele phoneno phonenumber telno telephoneno telephonenumber mobile mobileno mobilenumber mobilephone cell cellphone contactphone"
	mails  = "mail emailaddress emailid contactemail"
	notes  = "notes note comments comment remark memo"
)

func customers(t *model.Table) Kind {
	b := builder{t: t, k: Kind{
		Name: Customers, Collection: model.Customers, Needs: []string{"name"}, Identity: []string{"name", "billing_address"},
		Keys: []string{"account"}, nouns: nounsOf(model.Customers), files: []string{"customer", "client", "account"},
	}}
	b.own("")
	b.fields(model.Customers, "", nil, names{
		"name":            "customer client company companyname organisation organization businessname tradingname fullname accountname",
		"phone":           phones,
		"email":           mails,
		"billing_address": "address billingaddress invoiceaddress street streetaddress address1 addressline1 line1",
		"remarks":         notes,
		"account":         "accountno accountnumber accountcode accno acctno",
		"credit_limit":    "creditlimit credit",
		"status":          "active state",
		"group":           "parent clientgroup group",
	})
	b.address("billing_address")
	return b.done()
}

func sites(t *model.Table) Kind {
	b := builder{t: t, k: Kind{
		Name: Sites, Collection: model.Sites, Needs: []string{"customer|customer_external_id", "address|name"},
		Identity: []string{"customer", "customer_external_id", "name", "address"}, nouns: nounsOf(model.Sites), files: []string{"site", "location", "premises"},
	}}
	b.own("")
	b.fields(model.Sites, "", nil, names{
		"name":    "site location premises sitename",
		"address": "street streetaddress address1 addressline1 line1",
		"access":  "accessnotes accessinstructions accessinfo entry",
		"safety":  "safetynotes hazards hazard risks",
		"geo":     "coordinates position latlon latlong gps",
		"status":  "active state",
	})
	b.address("address")
	b.special(Latitude, "lat")
	b.special(Longitude, "lon lng long")
	b.fields(model.Contacts, "contact_", map[string]string{"customer": "", "site": ""}, names{
		"contact_name":  "contact contactperson",
		"contact_phone": phones,
		"contact_email": mails + " email",
	})
	return b.done()
}

func contacts(t *model.Table) Kind {
	b := builder{t: t, k: Kind{
		Name: Contacts, Collection: model.Contacts, Needs: []string{"customer|customer_external_id", "name|phone|email"},
		Identity: []string{"customer", "customer_external_id", "name"}, nouns: nounsOf(model.Contacts), files: []string{"contact"},
	}}
	b.own("")
	b.fields(model.Contacts, "", nil, names{
		"name": "contact person fullname", "phone": phones, "email": mails, "role": "jobtitle position function title",
	})
	b.person("name")
	return b.done()
}

func assets(t *model.Table) Kind {
	b := builder{t: t, k: Kind{
		Name: Assets, Collection: model.Assets, Needs: []string{"site|site_external_id"},
		Identity: []string{"site", "site_external_id", "name", "kind", "serial"}, nouns: nounsOf(model.Assets), files: []string{"asset", "equipment", "appliance"},
	}}
	b.own("tag tagno assettag")
	b.fields(model.Assets, "", nil, names{
		"name": "asset equipment description appliance", "kind": "type category", "make": "manufacturer brand maker",
		"model": "modelno modelnumber", "serial": "serialno serialnumber sn", "location": "room area floor",
		"installed": "installdate installationdate dateinstalled installedon", "status": "state", "remarks": notes,
	})
	return b.done()
}

func users(t *model.Table) Kind {
	b := builder{t: t, k: Kind{
		Name: Users, Collection: model.People, Needs: []string{Login, UserKind}, Identity: []string{Login},
		nouns: nounsOf(0), files: []string{"user", "people", "staff", "employee", "engineer"},
	}}
	b.add(Column{Name: "id", Role: Derived}, "")
	b.special(Login, "email emailaddress mail username user userlogin")
	b.fields(model.People, "", map[string]string{"company": "", "kind": "", "active": "", "email": ""}, names{
		"name": "fullname displayname", "zone": "timezone", "categories": "category groups", "rate": "hourlyrate",
	})
	b.special(UserKind, "type usertype")
	b.special(UserRole, "userrole")
	b.special(Company, "employer companyno companycode companyid")
	b.special(Employer, "")
	b.special(Levels, "permissions rights permission")
	b.special(Password, "passwd pwd")
	b.add(Column{Name: "active", Role: Derived}, "")
	b.person("name")
	return b.done()
}

func jobs(t *model.Table) Kind {
	b := builder{t: t, k: Kind{
		Name: Jobs, Collection: model.Jobs, Needs: []string{"title|description"},
		Identity: []string{"title", "site", "site_external_id", "customer", "customer_external_id", "window_start", Day},
		nouns:    nounsOf(model.Jobs), files: []string{"job", "workorder", "order", "ticket"},
	}}
	b.own("")
	b.fields(model.Jobs, "", map[string]string{"number": ""}, names{
		"title": "name summary subject job jobtype", "description": "details descriptionofwork desc workdescription",
		"instructions": "instruction workinstructions", "priority": "urgency prio",
		"window_start": "start startdate starts scheduled scheduledfor scheduledstart scheduleddate date appointment when startdatetime planneddate plannedstart visitdate",
		"window_end":   "due duedate dueby end enddate ends finish finishdate until scheduledend plannedend enddatetime",
		"order_number": "ordernumber po pono ponumber purchaseorder customerorder customerpo",
		"trade":        "skill discipline", "planned_minutes": "plannedduration estimatedminutes",
		"answer_by": "answerby respondby", "safety": "safetynotes hazards", "status": "jobstatus state",
	})
	spec, _ := t.Spec(model.Jobs)
	number, _ := spec.Field(model.JobNumber)
	b.add(Column{Name: "job_number", Role: Derived, Of: model.Jobs, Field: number}, "")
	b.special(Day, "")
	b.special(Hour, "")
	b.special(Minutes, "duration durationminutes length")
	b.special(StartTime, "time starttime timestart from scheduledtime")
	b.special(EndTime, "endtime timeend to")
	b.special(Assigned, "assignedto assignee assignees engineer engineers technician technicians worker workers resource assignedengineer")
	b.fields(model.JobCards, "", map[string]string{"job": "", "safety": "site_safety"}, names{
		"address":       "siteaddress jobaddress street streetaddress address1 addressline1 line1",
		"access":        "accessnotes accessinstructions",
		"site_safety":   "sitesafety sitehazards",
		"geo":           "coordinates position latlon latlong gps",
		"customer_name": "customername clientname accountname",
	})
	b.address("address")
	b.special(Latitude, "lat")
	b.special(Longitude, "lon lng long")
	b.fields(model.JobContacts, "contact_", map[string]string{"job": ""}, names{
		"contact_name":  "contact contactperson sitecontact",
		"contact_phone": phones + " phone sitephone",
	})
	return b.done()
}
