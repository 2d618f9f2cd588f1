package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// hidden: what Sue may not see does not reach her, in any frame.
func (s *story) hidden() (err error) {
	// A story that was cut off may have left her the right that this one gives and takes at its end.
	if err := s.levels("sue@fieldsync.example", "customers", "hidden"); err != nil {
		return err
	}
	if s.sue, err = s.enter("Sue's phone", "sue@fieldsync.example", "Sue's phone", "android"); err != nil {
		return err
	}
	id, site, err := s.give("Harbour Hotel", "Harbour Hotel", "Emergency lights out", s.sue)
	if err != nil {
		return err
	}
	var card device.Record
	err = s.await(s.sue, "the job with its card on Sue's phone", func() (bool, error) {
		cards, err := s.sue.List(model.JobCards, id)
		if len(cards) == 1 {
			card = cards[0]
		}
		return len(cards) == 1, err
	})
	if err != nil {
		return err
	}
	if err := s.agrees(s.sue); err != nil {
		return err
	}
	s.tell(s.sue, "%s, %s; mind: %s", s.sue.nameOf(id), card.Value(model.CardAddress).Text(), card.Value(model.CardSafety).Text())
	if err := s.must(card.Value(model.CardAddress) == site.Value(3) && card.Value(model.CardSafety) == site.Value(5), "she sees where to go and what to mind"); err != nil {
		return err
	}
	secrets, err := s.secrets()
	if err != nil {
		return err
	}
	frames := s.sue.tape.from(0)
	if found := leak(frames, secrets); found != "" {
		return fmt.Errorf("LEAK: Sue's phone was sent %s", found)
	}
	if _, ok := secrets[secretName("customers", "name", "Harbour Hotel")]; !ok {
		return errors.New("the name of the customer is not among what was looked for")
	}
	// The search itself must be able to find: the address in Sue's frames, and a customer in Ben's.
	control := leak(frames, map[string][]byte{"the address": []byte(card.Value(model.CardAddress).Text())}) != "" &&
		leak(s.spare.tape.from(0), map[string][]byte{"the customer": []byte("ACME Bakery Ltd")}) != ""
	if err := s.must(control, "in her %d frames is none of %d names, numbers and ids of customers, sites and contacts (in Ben's there are)", len(frames), len(secrets)); err != nil {
		return err
	}
	for _, c := range []model.Collection{model.Customers, model.Sites, model.Contacts, model.JobContacts} {
		spec, _ := builtin().Spec(c)
		all, err := s.sue.List(c, model.RecordID{})
		if err != nil || len(all) > 0 {
			return fmt.Errorf("LEAK: Sue's phone holds %d %s: %w", len(all), spec.Name, err)
		}
	}
	return s.silence(id, site.Parent())
}

// silence: what changes of a customer makes no frame for Sue, so that not even the time of it tells her anything.
func (s *story) silence(id, customer model.RecordID) error {
	for _, a := range []*actor{s.sue, s.amy} {
		if err := s.settle(a); err != nil {
			return err
		}
	}
	heard := s.sue.tape.length()
	hotel, _, err := s.amy.Show(customer)
	if err != nil {
		return err
	}
	phone := model.Text(fmt.Sprintf("028 %s", customer.String()[:8]))
	if hotel.Value(customerPhone) == phone {
		phone = model.Text("028 9000 1008")
	}
	if _, err := s.save(s.amy, edit(hotel, val(customerPhone, phone))); err != nil {
		return err
	}
	if err := s.settle(s.amy); err != nil {
		return err
	}
	if _, err := s.sees(s.spare, "the customer's new number on Ben's phone", customer, func(r device.Record) bool {
		return r.Value(customerPhone) == phone
	}); err != nil {
		return err
	}
	pages := 0
	for _, frame := range s.sue.tape.from(heard) {
		if m, err := protocol.Decode(frame); err != nil || m.Type() == protocol.TypePage {
			pages++
		}
	}
	s.tell(s.amy, "changes the customer's telephone number; Ben's phone shows it")
	return s.must(pages == 0, "Sue's phone was sent nothing by it, not even an empty frame")
}

// customerPhone is a customer's telephone number.
const customerPhone model.FieldNo = 4

// secretName is how a text that Sue must not see is called.
func secretName(collection, field, text string) string {
	return fmt.Sprintf("the %s of %s: %q", field, collection, text)
}

// secrets is what of customers, sites and their people the office has in texts and ids, but for what Sue once wrote
// down herself: it came back to her, and only to her.
func (s *story) secrets() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, c := range []model.Collection{model.Customers, model.Sites, model.Contacts} {
		all, err := s.amy.List(c, model.RecordID{})
		if err != nil {
			return nil, err
		}
		spec, _ := builtin().Spec(c)
		for _, r := range all {
			out["the id of a record of "+spec.Name+" "+r.ID.String()] = r.ID[:]
			for _, f := range spec.Fields {
				// A site's address, access and safety are what its job's card says.
				onCard := c == model.Sites && f.Name != "name"
				if v := r.Value(f.No); v.Kind() == model.KindText && len(v.Text()) > 3 && f.Type != model.TypeEnum && !onCard {
					out[secretName(spec.Name, f.Name, v.Text())] = []byte(v.Text())
				}
			}
		}
	}
	origins, err := s.sue.List(model.JobOrigins, model.RecordID{})
	for _, r := range origins {
		own := r.Value(model.OriginSite).Text()
		maps.DeleteFunc(out, func(_ string, secret []byte) bool { return strings.Contains(own, string(secret)) })
	}
	return out, err
}

// leak finds one of the secrets in frames: as bytes, and in what the frames say once they are decompressed and decoded,
// where ids are hexadecimal.
func leak(frames [][]byte, secrets map[string][]byte) string {
	for _, frame := range frames {
		text := protocol.Describe(frame)
		for what, secret := range secrets {
			if bytes.Contains(frame, secret) || strings.Contains(text, string(secret)) || strings.Contains(text, hex.EncodeToString(secret)) {
				return what
			}
		}
	}
	return ""
}

// What Sue writes down: a customer there is, and one of the same length that there is not.
const (
	knownWords   = "ACME Bakery Ltd, 3 Mill Lane"
	unknownWords = "Zeta Makers Ltd, 9 Nowhere 1"
)

// ownWords: a name typed freely is matched with nothing, whether there is such a customer or not.
func (s *story) ownWords() error {
	before, err := s.directory()
	if err != nil {
		return err
	}
	first, err := s.writesDown(knownWords)
	if err != nil {
		return err
	}
	second, err := s.writesDown(unknownWords)
	if err != nil {
		return err
	}
	s.tell(s.sue, "wrote down %q and %q", knownWords, unknownWords)
	if err := s.must(first == second, "a customer's name and an unknown one are answered alike: %s", first); err != nil {
		return err
	}
	after, err := s.directory()
	if err != nil {
		return err
	}
	return s.must(slices.Equal(before, after), "no customer or site came, went or changed by it: %d records as before", len(after))
}

// writesDown makes a job in Sue's words and says what came of it, without what is different in any two jobs.
func (s *story) writesDown(words string) (string, error) {
	drafts, err := newJob("Leak in the yard", words)
	if err != nil {
		return "", err
	}
	saved, err := s.save(s.sue, drafts...)
	if err != nil {
		return "", err
	}
	if err := s.settle(s.sue); err != nil {
		return "", err
	}
	id := saved[0].Record
	// Judged by what the office shows, too: the job has no customer, and her words as she wrote them.
	office, err := s.sees(s.amy, "Sue's job at Amy's desk", id, func(r device.Record) bool { return jobNumber(r) != "" })
	if err != nil {
		return "", err
	}
	here, err := s.sees(s.sue, "Sue's job on her phone", id, func(r device.Record) bool { return jobNumber(r) != "" })
	if err != nil {
		return "", err
	}
	origins, err := s.sue.List(model.JobOrigins, id)
	if err != nil {
		return "", err
	}
	if len(origins) != 1 || origins[0].Value(model.OriginSite).Text() != words {
		return "", fmt.Errorf("her words %q are not on Sue's phone as she wrote them", words)
	}
	var parts []string
	for _, e := range s.sue.Outbox() {
		if e.Change == saved[0].Change || e.Change == saved[1].Change {
			parts = append(parts, e.Outcome.String())
		}
	}
	parts = append(parts, "status "+here.Value(model.JobStatus).Text(), fmt.Sprintf("%d fields on her phone", len(here.Fields)))
	if customer := office.Value(model.JobCustomer); !customer.IsNull() {
		parts = append(parts, "linked to a customer")
	}
	return strings.Join(parts, ", "), nil
}

// directory is every customer and site of the office as one line each.
func (s *story) directory() (lines []string, err error) {
	for _, c := range []model.Collection{model.Customers, model.Sites} {
		all, err := s.amy.named(c)
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			lines = append(lines, fmt.Sprint(r.Row))
		}
	}
	return lines, nil
}

// stillHidden searches all that Sue's phone was sent once more.
func (s *story) stillHidden() error {
	secrets, err := s.secrets()
	if err != nil {
		return err
	}
	frames := s.sue.tape.from(0)
	if found := leak(frames, secrets); found != "" {
		return fmt.Errorf("LEAK: Sue's phone was sent %s", found)
	}
	return s.must(len(secrets) > 0, "in all %d frames that Sue's phone received there is still nothing of customers but her own words", len(frames))
}
