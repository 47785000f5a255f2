package limits

// rows are the constraints on the members of one structure, by member name.
// A member without a row takes whatever its type takes. Enums need no row:
// the SDK's types know their values.
type rows map[string]rule

// A rule is the constraint on one value.
type rule struct {
	required bool
	hidden   bool  // the value is personal and stays out of errors
	numeric  bool  // min and max are values, else they are lengths
	min, max int64 // a max of 0 is none
	pattern  string
	key      *rule // of a map
	elem     *rule // of a list or map
}

// anything is what structures, enums and free text take.
var anything rule

// text is a string of min to max characters.
func text(min, max int64) rule { return rule{min: min, max: max} }

// number is an integer from min to max.
func number(min, max int64) rule { return rule{numeric: true, min: min, max: max} }

// list is a list of min to max elements.
func list(min, max int64, elem rule) rule { return rule{min: min, max: max, elem: &elem} }

// mapping is a map of at most max elements.
func mapping(max int64, key, value rule) rule { return rule{max: max, key: &key, elem: &value} }

// need is r for a member that has to be set.
func need(r rule) rule {
	r.required = true
	return r
}

// like is r for strings of which the whole matches the pattern.
func (r rule) like(pattern string) rule {
	r.pattern = pattern
	return r
}

// secret is r for a value that names or locates a person.
func (r rule) secret() rule {
	r.hidden = true
	return r
}
