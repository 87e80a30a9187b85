// Package pobm computes the 44 oximetry biomarkers of the pobm toolbox (Levy
// 2021) under its own names and by its own definitions, so that a figure of
// pleth can be set beside one that was published with it. It is a
// compatibility block: pleth's own measures are elsewhere and differ where
// pobm's definitions are not the ones of the literature.
//
// The input is a series of whole percents at 1 Hz without gaps; Series makes
// it from a session. Sums are kept in integers and everything is linear in the
// length of the series. Definitions, and which oddities of pobm are part of
// them: docs/definitions/pobm.md.
package pobm
