package main

import "errors"

type schemaCmd struct{}

func (schemaCmd) Run(e *env) error { return errors.New("no schema yet") }
