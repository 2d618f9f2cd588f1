package shape_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/sync/model"
)

func kinds(t *testing.T) map[string]*shape.Kind {
	t.Helper()
	table, err := model.NewTable(model.Builtin(), []model.Custom{{Collection: model.Assets, Field: model.Field{
		No: 70_000, Name: "pressure", Type: model.TypeQuantity, Class: model.ClassWork, Writers: model.WriterOffice,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*shape.Kind{}
	all := shape.Kinds(table)
	for i := range all {
		out[all[i].Name] = &all[i]
	}
	return out
}

func TestGuess(t *testing.T) {
	all := kinds(t)
	for _, c := range []struct{ kind, name, want string }{
		{"customers", "Customer Name", "name"},
		{"customers", "CUSTOMER_NAME", "name"},
		{"customers", "customer", "name"},
		{"customers", "Cust No.", "key"},
		{"customers", "Customer ID", "id"},
		{"customers", "Account", "account"},
		{"customers", "Account No", "account"},
		{"customers", "Ref", "key"},
		{"customers", "Client #", "key"},
		{"customers", "code", "key"},
		{"customers", "E-mail", "email"},
		{"customers", "Tel.", "phone"},
		{"customers", "Post Code", "postcode"},
		{"customers", "Zip", "postcode"},
		{"customers", "Address Line 1", "billing_address"},
		{"customers", "Address Line 2", "address_2"},
		{"customers", "External ID", "external_id"},
		{"customers", "Favourite colour", ""},
		{"sites", "Customer No", "customer"},
		{"sites", "Account No", "customer"},
		{"sites", "customer_external_id", "customer_external_id"},
		{"sites", "Site Name", "name"},
		{"sites", "Site ID", "id"},
		{"sites", "Contact", "contact_name"},
		{"sites", "Contact Phone", "contact_phone"},
		{"sites", "Lat", "latitude"},
		{"contacts", "First Name", "first_name"},
		{"contacts", "Surname", "last_name"},
		{"contacts", "Customer", "customer"},
		{"contacts", "Site No", "site"},
		{"assets", "Serial Number", "serial"},
		{"assets", "Manufacturer", "make"},
		{"assets", "Pressure", "custom.pressure"},
		{"assets", "custom.pressure", "custom.pressure"},
		{"users", "E-Mail", "login"},
		{"users", "User Type", "kind"},
		{"users", "Password", "password"},
		{"jobs", "Job No", "key"},
		{"jobs", "Work Order Number", "key"},
		{"jobs", "Start Date", "window_start"},
		{"jobs", "Start Time", "start_time"},
		{"jobs", "Engineer", "assigned"},
		{"jobs", "Customer Name", "customer_name"},
		{"jobs", "Customer No", "customer"},
		{"jobs", "Equipment", "equipment"},
		{"jobs", "PO Number", "order_number"},
		{"jobs", "Duration", "minutes"},
		{"jobs", "Status", "status"},
		{"jobs", "Due Date", "window_end"},
	} {
		got, ok := all[c.kind].Guess(c.name)
		if c.want == "" && ok || c.want != "" && (!ok || got.Name != c.want) {
			t.Errorf("%s: %q means %+v, want %q", c.kind, c.name, got, c.want)
		}
	}
}

// TestOwnNames: a column is always found by its own name, and every field that the office writes has one.
func TestOwnNames(t *testing.T) {
	for name, k := range kinds(t) {
		seen := map[string]bool{}
		for _, c := range k.Columns {
			if got, ok := k.Guess(c.Name); !ok || got.Name != c.Name {
				t.Errorf("%s: %q means %+v", name, c.Name, got)
			}
			if seen[c.Name] {
				t.Errorf("%s: %q is there twice", name, c.Name)
			}
			seen[c.Name] = true
		}
		for _, spec := range model.Builtin() {
			if spec.No != k.Collection || spec.No == model.People {
				continue
			}
			for _, f := range spec.Fields {
				if f.No == model.FieldParent || f.Writers&model.WriterOffice == 0 {
					continue
				}
				if !seen[f.Name] {
					t.Errorf("%s: the field %s has no column", name, f.Name)
				}
			}
		}
	}
}

func TestCalled(t *testing.T) {
	all := kinds(t)
	for file, want := range map[string]string{"Customers export.csv": "customers", "site_list.xlsx": "sites", "staff.csv": "users", "work-orders.csv": "jobs", "list.csv": ""} {
		for name, k := range all {
			if k.Called(file) != (name == want) {
				t.Errorf("%s is called like %s: %t", file, name, k.Called(file))
			}
		}
	}
}

// TestHowTo: the columns that docs/how-to/import.md lists are those there are, no more and no fewer.
func TestHowTo(t *testing.T) {
	raw, err := os.ReadFile("../../docs/how-to/import.md")
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile("`([a-z_0-9]+)`")
	for name, k := range kinds(t) {
		_, row, found := strings.Cut(string(raw), "\n| "+name+" |")
		if row, _, _ = strings.Cut(row, "\n"); !found {
			t.Errorf("%s have no row", name)
		}
		told := map[string]bool{}
		for _, w := range word.FindAllStringSubmatch(row, -1) {
			told[w[1]] = true
			if c, ok := k.Column(w[1]); !ok || c.Role == shape.Derived {
				t.Errorf("%s have no column %s", name, w[1])
			}
		}
		for _, c := range k.Columns {
			plain := c.Role == shape.Plain && !c.Own || c.Role == shape.Reference || c.Role == shape.Special && c.Name != shape.Password
			if rare := c.Name == "merged_into" || c.Name == "auto_title" || c.Name == "cancel_reason"; plain && !rare && !told[c.Name] {
				t.Errorf("the column %s of %s is not told", c.Name, name)
			}
		}
	}
}
