package model

import "slices"

// Who may write customers, sites and contacts: the office, and mobile users with customers Full and create_job.
const writersDirectory = WriterOffice | WriterCreator

func directoryField(source string) Field {
	return Field{Class: ClassCustomer, Policy: PolicyThreeWay, Writers: writersDirectory, Nature: Claim, Source: source}
}

func customers() Spec {
	return Spec{
		No: Customers, Name: "customers", Scope: ScopeDirectory, Sought: true, Creates: writersDirectory, Deletes: WriterOffice,
		Nature: Claim, Source: "b.2 customers; (c) customers; H1",
		Note: "a creation never updates a record because names match; duplicates are the office's to find (S1)",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(directoryField("(c) customers"),
				Field{No: CustomerName, Name: "name", Type: TypeText, Max: 200, Required: true, Class: ClassClient},
				Field{No: CustomerGroup, Name: "group", Type: TypeRef, Ref: Customers, Writers: WriterOffice, Policy: PolicyOffice, Source: "W7, W21", Note: "the client this one belongs to, whose portal shows it too, and nobody else's: links do not go on"},
				Field{No: CustomerPhone, Name: "phone", Type: TypeText, Max: 64, Class: ClassClient},
				Field{No: 5, Name: "email", Type: TypeText, Max: 254, Class: ClassClient},
				Field{No: CustomerAddress, Name: "billing_address", Type: TypeLong, Max: 1000, Class: ClassClient},
				Field{No: 7, Name: "remarks", Type: TypeLong, Max: 4000},
				Field{No: 10, Name: "status", Type: TypeEnum, Options: []string{"active", "inactive"}, Writers: WriterOffice, Policy: PolicyOffice},
				Field{No: CustomerMerged, Name: "merged_into", Type: TypeRef, Ref: Customers, Writers: WriterOffice, Policy: PolicyOffice, Source: "(c) customer merge", Note: "which one the office says that it is. What names this one names that one from then on: its jobs, sites and contacts move there, and what comes later goes there; what is undone does not move back. Invoices and quotes keep the name they were made out to. Refused while people are linked to it"},
			),
			group(Field{Policy: PolicyOffice, Writers: WriterOffice, Nature: Claim, Source: "S4, b.2 job internals"},
				Field{No: 8, Name: "account", Type: TypeText, Max: 64, Class: ClassInternal, Note: "running customer numbers stay in the office"},
				Field{No: 9, Name: "credit_limit", Type: TypeMoney, Class: ClassPrice, Source: "g.14"},
			),
			server(ClassInternal, "(c) customer create",
				Field{No: 12, Name: "possible_duplicate", Type: TypeBool, Note: "for the office only, never echoed"},
			),
		),
	}
}

func sites() Spec {
	return Spec{
		No: Sites, Name: "sites", Parent: Customers, Scope: ScopeDirectory, Sought: true, Creates: writersDirectory, Deletes: WriterOffice,
		Nature: Claim, Source: "b.2 sites; (c) sites; W7",
		Note: "a worker has the card of the job's site in job_cards",
		Fields: slices.Concat(
			[]Field{hangs(Customers, writersDirectory)},
			group(directoryField("(c) sites"),
				Field{No: 2, Name: "name", Type: TypeText, Max: 200, Class: ClassClient},
				Field{No: 3, Name: "address", Type: TypeLong, Max: 1000, Class: ClassClient},
				Field{No: 4, Name: "access", Type: TypeLong, Max: 4000, Source: "(c) job.safety/access notes"},
				Field{No: 5, Name: "safety", Type: TypeLong, Max: 4000, Source: "(c) job.safety/access notes"},
				Field{No: 6, Name: "geo", Type: TypeGeo},
				Field{No: 7, Name: "status", Type: TypeEnum, Options: []string{"active", "inactive"}, Writers: WriterOffice, Policy: PolicyOffice},
			),
			server(ClassInternal, "(c) customer create",
				Field{No: 8, Name: "possible_duplicate", Type: TypeBool, Note: "for the office only, never echoed"},
			),
		),
	}
}

func contacts() Spec {
	return Spec{
		No: Contacts, Name: "contacts", Parent: Customers, Scope: ScopeDirectory, Sought: true, Creates: writersDirectory, Deletes: WriterOffice,
		Nature: Claim, Source: "b.2 contacts; (c) contacts; WP9",
		Fields: slices.Concat(
			[]Field{hangs(Customers, writersDirectory)},
			group(directoryField("(c) contacts"),
				Field{No: 2, Name: "name", Type: TypeText, Max: 200, Class: ClassClient},
				Field{No: 3, Name: "phone", Type: TypeText, Max: 64, Class: ClassClient, Note: "field staff often have the better number: a losing one stays a suggestion"},
				Field{No: 4, Name: "email", Type: TypeText, Max: 254, Class: ClassClient},
				Field{No: 5, Name: "role", Type: TypeText, Max: 100, Class: ClassClient},
				Field{No: 6, Name: "site", Type: TypeRef, Ref: Sites, Class: ClassClient},
			),
		),
	}
}

func assets() Spec {
	return Spec{
		No: Assets, Name: "assets", Parent: Sites, Scope: ScopeAssets, Sought: true, Creates: WriterOffice, Deletes: WriterOffice,
		Nature: Claim, Source: "W15; b.2 assets; (c) assets",
		Note: "view only on phones; readings are notes, a correction is a proposal. Under Hidden job_cards.equipment stands for them (S4, S12)",
		Fields: slices.Concat(
			[]Field{hangs(Sites, WriterOffice)},
			group(Field{Class: ClassClient, Policy: PolicyOffice, Writers: WriterOffice, Nature: Claim, Source: "(c) assets"},
				Field{No: 2, Name: "name", Type: TypeText, Max: 200},
				Field{No: 3, Name: "kind", Type: TypeText, Max: 100},
				Field{No: 4, Name: "make", Type: TypeText, Max: 100},
				Field{No: 5, Name: "model", Type: TypeText, Max: 100},
				Field{No: 6, Name: "serial", Type: TypeText, Max: 100},
				Field{No: 7, Name: "location", Type: TypeText, Max: 200, Note: "where on the site it stands"},
				Field{No: 8, Name: "installed", Type: TypeDate},
				Field{No: 9, Name: "status", Type: TypeEnum, Options: []string{"in_service", "out_of_service", "removed"}},
				Field{No: 10, Name: "remarks", Type: TypeLong, Max: 4000, Class: ClassWork},
			),
		),
	}
}
