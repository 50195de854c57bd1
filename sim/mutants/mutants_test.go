package main

import "testing"

// Every fault can be put in: whoever changes a rule's text changes it here, too.
func TestMutantsFit(t *testing.T) {
	names := map[string]bool{}
	for _, m := range Mutants {
		if names[m.Name] {
			t.Errorf("%s: there are two of this name", m.Name)
		}
		names[m.Name] = true
		text, err := m.mutate("../..")
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		if m.Old == m.New || text == "" || m.Rule == "" {
			t.Errorf("%s is no fault of a rule: %+v", m.Name, m)
		}
	}
	if len(names) < 12 {
		t.Errorf("%d faults, want at least 12", len(names))
	}
}
