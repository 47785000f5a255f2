package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/musterhq/muster"
	"github.com/musterhq/muster/flexmatch"
)

type rulesValidate struct {
	format
	Files []given `arg:"" name:"file" help:"Rule sets, as JSON; - reads standard input."`
}

// Help implements kong.HelpProvider.
func (rulesValidate) Help() string {
	return `Examples:
  muster rules validate rules.json
  jq .RuleSetBody -r request.json | muster rules validate -

Prints FILE:LINE:COLUMN: what is wrong; what to write. Exits with 4 when a rule
set is refused; warnings alone are no reason.`
}

// validation is what is printed of one file. Problems refuse it; warnings do
// not.
type validation struct {
	File     string
	OK       bool
	Name     string
	Problems []flexmatch.Problem
	Warnings []flexmatch.Problem
}

func (c rulesValidate) Run(o *output) error {
	var all []validation
	refused := 0
	for _, file := range c.Files {
		v, err := validate(string(file))
		if err != nil {
			return err
		}
		if !v.OK {
			refused++
		}
		all = append(all, v)
	}
	if err := c.report(o, all); err != nil {
		return err
	}
	if refused > 0 {
		return fmt.Errorf("%d of %d rule sets refused: %w", refused, len(all), errRefusedRules)
	}
	o.next("muster rules simulate %s", c.Files[0])
	return nil
}

// errRefusedRules is what validate ends with; it has said before what is wrong.
var errRefusedRules = fmt.Errorf("correct the lines above (%w)", muster.ErrInvalidRequest)

func validate(file string) (v validation, err error) {
	v = validation{File: file, Problems: []flexmatch.Problem{}, Warnings: []flexmatch.Problem{}}
	rules, warnings, _, err := ruleSetFile{given(file)}.rules()
	var refused *refusedRules
	switch {
	case errors.As(err, &refused):
		v.Problems = append(v.Problems, problemsOf(err)...)
		if len(v.Problems) == 0 {
			v.Problems = append(v.Problems, flexmatch.Problem{What: refused.err.Error()})
		}
	case err != nil:
		return v, err
	default:
		v.OK, v.Name = true, rules.Name()
	}
	v.Warnings = append(v.Warnings, warnings...)
	return v, nil
}

func (c rulesValidate) report(o *output, all []validation) error {
	if c.Output == "json" {
		return printDocument(o, all)
	}
	for _, v := range all {
		for _, p := range v.Problems {
			fmt.Fprintln(o.out, place(v.File, p))
		}
		for _, p := range v.Warnings {
			fmt.Fprintln(o.out, place(v.File, flexmatch.Problem{Line: p.Line, Column: p.Column, Path: strings.TrimSuffix("warning: "+p.Path, ": "), What: p.What, Instead: p.Instead}))
		}
		if v.OK {
			fmt.Fprintf(o.out, "%s: OK\n", v.File)
		}
	}
	return nil
}
