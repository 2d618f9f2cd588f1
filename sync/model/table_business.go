package model

import "slices"

func partsMovements() Spec {
	creates := WriterOffice | WriterAssignee | WriterAuthor
	return Spec{
		No: PartsMovements, Name: "parts_movements", Scope: ScopeParts, Creates: creates, Append: true,
		Nature: Fact, Source: "(c) parts used on job, stock take; b.2 parts/stock",
		Note: "a ledger: on hand is the sum, in any order; negative is flagged, never refused",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			said(ClassWork, creates, "(c) parts used on job",
				Field{No: 2, Name: "sku", Type: TypeText, Max: 100, Required: true},
				Field{No: 3, Name: "quantity", Type: TypeQuantity, Policy: PolicyDelta, Note: "what came or, negative, went"},
				Field{No: 4, Name: "place", Type: TypeText, Max: 100, Note: "the van or the store"},
				Field{No: 5, Name: "job", Type: TypeRef, Ref: Jobs},
				Field{No: 6, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20},
				Field{No: 7, Name: "counted", Type: TypeQuantity, Source: "(c) stock take", Note: "what was there at the cut-off"},
			),
			server(ClassWork, "E2",
				Field{No: 8, Name: "at", Type: TypeInstant},
				Field{No: 9, Name: "author", Type: TypeUser},
			),
		),
	}
}

// stock is what the movements come to, kept by the engine with each of them.
func stock() Spec {
	return Spec{
		No: Stock, Name: "stock", Scope: ScopeStock, Creates: WriterServer,
		Nature: System, Source: "(c) parts used on job, stock take",
		Note: "what is left of one part at one place, by the books; nobody writes it, and below zero is an item of review",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			server(ClassWork, "(c) parts used on job",
				Field{No: StockSKU, Name: "sku", Type: TypeText, Max: 100},
				Field{No: StockPlace, Name: "place", Type: TypeText, Max: 100},
				Field{No: StockOnHand, Name: "on_hand", Type: TypeQuantity, Note: "the last stock take and what moved after its cut-off, in whatever order that came; negative: more was taken than there was"},
				Field{No: StockCount, Name: "stock_take", Type: TypeRef, Ref: PartsMovements, Source: "(c) stock take", Note: "the last one; null: nobody has counted"},
				Field{No: StockCounted, Name: "counted_at", Type: TypeInstant, Source: "(c) stock take", Note: "its cut-off: what moved by then is in it"},
			),
		),
	}
}

func optimizations() Spec {
	return Spec{
		No: Optimizations, Name: "optimizations", Scope: ScopeRoutes, Creates: WriterOffice, Deletes: WriterOffice,
		Nature: Claim, Source: "V6, V7; (c) optimizations; b.2",
		Note: "Edit Own: whoever made it, for ever; a replacement does not become the creator",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(Field{Class: ClassWork, Policy: PolicyCompare, Writers: WriterOffice, Nature: Claim, Source: "(c) optimizations"},
				Field{No: 2, Name: "name", Type: TypeText, Max: 200},
				Field{No: 3, Name: "plan", Type: TypeData, Max: 48 << 10},
				Field{No: 4, Name: "state", Type: TypeEnum, Options: []string{"draft", "applied", "discarded"}},
			),
			server(ClassWork, "V6", Field{No: 5, Name: "creator", Type: TypeUser}),
		),
	}
}

// money is fields of invoices and quotes. They are not edited offline.
func money(source string, rows ...Field) []Field {
	return group(Field{Class: ClassPrice, Policy: PolicyCompare, Writers: WriterOffice, Nature: Claim, Source: source}, rows...)
}

func invoices() Spec {
	return Spec{
		No: Invoices, Name: "invoices", Parent: Jobs, Scope: ScopeBills, Sought: true, Creates: WriterOffice,
		Nature: Claim, Source: "(c) invoices, quotes; b.2 invoices, quotes",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterOffice)},
			money("(c) invoices, quotes",
				Field{No: 2, Name: "number", Type: TypeText, Max: 64},
				Field{No: 3, Name: "state", Type: TypeEnum, Options: []string{"draft", "sent", "paid", "void"}},
				Field{No: 4, Name: "total", Type: TypeMoney},
				Field{No: 5, Name: "tax", Type: TypeMoney},
				Field{No: 6, Name: "lines", Type: TypeData, Max: 48 << 10},
				Field{No: 7, Name: "issued", Type: TypeDate},
				Field{No: 8, Name: "due", Type: TypeDate},
				Field{No: 9, Name: "customer", Type: TypeRef, Ref: Customers, Class: ClassCustomer, Source: "S4, S9"},
				Field{No: 10, Name: "shared", Type: TypeBool, Note: "the client's portal shows it"},
			),
		),
	}
}

func quotes() Spec {
	return Spec{
		No: Quotes, Name: "quotes", Parent: Jobs, Scope: ScopeQuotes, Sought: true, Creates: WriterOffice,
		Nature: Claim, Source: "(c) invoices, quotes; b.2 invoices, quotes",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterOffice)},
			money("(c) invoices, quotes",
				Field{No: 2, Name: "number", Type: TypeText, Max: 64},
				Field{No: 3, Name: "state", Type: TypeEnum, Options: []string{"draft", "sent", "accepted", "declined", "expired"}},
				Field{No: 4, Name: "total", Type: TypeMoney},
				Field{No: 5, Name: "tax", Type: TypeMoney},
				Field{No: 6, Name: "lines", Type: TypeData, Max: 48 << 10},
				Field{No: 7, Name: "valid_until", Type: TypeDate},
				Field{No: 8, Name: "customer", Type: TypeRef, Ref: Customers, Class: ClassCustomer, Source: "S4, S9"},
				Field{No: 9, Name: "shared", Type: TypeBool, Note: "the client's portal shows it"},
			),
		),
	}
}
