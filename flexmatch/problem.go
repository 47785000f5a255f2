package flexmatch

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong, or doubtful, in a rule set or a ticket.
type Problem struct {
	// Line and Column say where in the rule set body, counted from 1 in
	// characters. Both are 0 for a ticket, which has no text.
	Line, Column int
	// Path names the property, such as rules[2].maxDistance.
	Path string
	// What says what is wrong, Instead what to write. Instead may be empty.
	What, Instead string
}

// String gives the problem on one line: "4:12: rules[0].type: …; write …".
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", p.Line, p.Column)
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.What)
	if p.Instead != "" {
		b.WriteString("; " + p.Instead)
	}
	return b.String()
}

// Problems is the error of Parse and RuleSet.Check: everything that is wrong,
// in the order of the text.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems bounds what one body can make us write.
const maxProblems = 100

// nearest gives the name closest to got, or "" when none is close enough to be
// a slip of the keyboard.
func nearest(got string, names []string) string {
	length := len([]rune(got))
	best, bestDistance := "", min(length, length/3+2)
	for _, name := range names {
		if length > 2 && strings.HasPrefix(name, got) {
			return name
		}
		if d := distance(strings.ToLower(got), strings.ToLower(name), bestDistance); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// didYouMean phrases nearest as advice, or lists the names when they are few.
func didYouMean(got string, names []string) string {
	if name := nearest(got, names); name != "" {
		return fmt.Sprintf("did you mean %q?", name)
	}
	if len(names) == 0 || len(names) > 12 {
		return ""
	}
	return "write one of " + quoteAll(names)
}

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// distance is the edit distance of a and b (insert, delete, replace, swap of
// neighbours), or limit when it is at least that.
func distance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if len(s)-len(t) >= limit || len(t)-len(s) >= limit || len(s) > 64 || len(t) > 64 {
		return limit
	}
	rows := [3][]int{}
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
	}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := 1; i <= len(s); i++ {
		before, last, row := rows[(i+2)%3], rows[i%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return min(limit, rows[(len(s)+1)%3][len(t)])
}
