package main

import "context"

type benchCmd struct{}

func (benchCmd) Run(ctx context.Context, o *output) error { return nil }
