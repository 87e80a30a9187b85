// Package evaluate writes the evaluation of one session: findings, each with
// its rule, level and sentence, and a summary in plain words.
//
// It is pure. Of takes the results of a session as an Input and returns an
// Evaluation; the same input gives the same bytes. It measures nothing: every
// number in a text is looked up by a reference (Input.Text), printed by the one
// form that reference has, and listed in the Metrics of the finding. No text
// has a digit of its own, so Unexplained can prove each number from the input.
//
// The rules are data (rules.go, patterns.go), the words are in one file
// (english.go), and docs/definitions/rules.md is made from both. Texts say
// what was recorded. They do not diagnose, and they call nothing normal.
package evaluate
