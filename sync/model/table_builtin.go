package model

// Builtin is the table: every built-in collection, ascending by number. The caller may change what it gets.
//
// Adding a collection or a field is adding to it. Fields without a policy, writers, nature or source of their own have
// those of the group they stand in.
func Builtin() []Spec {
	specs := []Spec{
		customers(), sites(), contacts(), assets(),
		jobs(), jobCards(), jobContacts(), jobCommercials(),
		assignments(), visits(), visitEvents(), tasks(), notes(), files(),
		formTemplates(), formDrafts(), formSubmissions(),
		timesheetEvents(), timesheetCorrections(), timesheetApprovals(),
		partsMovements(), optimizations(), invoices(), quotes(),
		messages(), reviewItems(), people(), officeEvents(), fieldDefinitions(), taskEvents(),
		jobOrigins(), stock(),
	}
	for i := range specs {
		if specs[i].Creates&WriterOffice != 0 {
			specs[i].Fields = append(specs[i].Fields, externalID())
		}
	}
	return specs
}

// externalID is what another system calls a record, in every collection that a back end may write.
func externalID() Field {
	return Field{
		No: FieldExternalID, Name: "external_id", Type: TypeText, Max: 255, Class: ClassInternal, Policy: PolicyOnce,
		Writers: WriterOffice, Nature: Claim, Source: "decision 0003", Note: "the record's id follows from it",
	}
}

// hangs is field 1 of a collection: what a record hangs on, given once, by whoever makes the record.
func hangs(on Collection, writers Writers) Field {
	if on == 0 {
		return Field{
			No: FieldParent, Name: "parent", Type: TypeRef, Policy: PolicyServer, Writers: WriterServer,
			Nature: System, Source: "decision 0001", Note: "always null: it hangs on nothing",
		}
	}
	return Field{
		No: FieldParent, Name: "parent", Type: TypeRef, Ref: on, Policy: PolicyOnce, Writers: writers,
		Nature: Claim, Source: "decision 0001",
	}
}

// group completes rows by what they share.
func group(shared Field, rows ...Field) []Field {
	for i := range rows {
		f := &rows[i]
		if f.Class == ClassStructure {
			f.Class = shared.Class
		}
		if f.Policy == 0 {
			f.Policy = shared.Policy
		}
		if f.Writers == 0 {
			f.Writers = shared.Writers
		}
		if f.Nature == 0 {
			f.Nature = shared.Nature
		}
		if f.Source == "" {
			f.Source = shared.Source
		}
	}
	return rows
}

// server is fields that the server alone writes.
func server(class Class, source string, rows ...Field) []Field {
	return group(Field{Class: class, Policy: PolicyServer, Writers: WriterServer, Nature: System, Source: source}, rows...)
}

// said is what a fact says: given when it is made, never changed.
func said(class Class, writers Writers, source string, rows ...Field) []Field {
	return group(Field{Class: class, Policy: PolicyAppend, Writers: writers, Nature: Fact, Source: source}, rows...)
}
