package folder

import (
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// writer returns how a value of a column is written.
func writer(node parquet.Node) func(parquet.Value) string {
	plain := func(v parquet.Value) string { return v.String() }
	if node == nil {
		return plain
	}
	t := node.Type()
	if t.Kind() == parquet.Int96 { // how Spark and Impala wrote instants
		return func(v parquet.Value) string { return julian(v.Int96()).Format("2006-01-02T15:04:05.000") }
	}
	if t.LogicalType() == nil {
		return plain
	}
	switch logical := t.LogicalType().Value.(type) {
	case *format.TimestampType:
		form := "2006-01-02T15:04:05.000"
		if logical.IsAdjustedToUTC {
			form += "Z"
		}
		return func(v parquet.Value) string {
			at := time.UnixMilli(v.Int64())
			switch logical.Unit.Value.(type) {
			case *format.MicroSeconds:
				at = time.UnixMicro(v.Int64())
			case *format.NanoSeconds:
				at = time.Unix(0, v.Int64())
			}
			return at.UTC().Format(form)
		}
	case *format.DateType:
		return func(v parquet.Value) string {
			return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly)
		}
	case *format.DecimalType:
		return func(v parquet.Value) string {
			switch t.Kind() {
			case parquet.Int32:
				return decimal(big.NewInt(int64(v.Int32())), int(logical.Scale))
			case parquet.Int64:
				return decimal(big.NewInt(v.Int64()), int(logical.Scale))
			}
			return decimal(twosComplement(v.ByteArray()), int(logical.Scale))
		}
	case *format.IntType:
		if !logical.IsSigned {
			return func(v parquet.Value) string {
				if t.Kind() == parquet.Int32 {
					return fmt.Sprint(v.Uint32())
				}
				return fmt.Sprint(v.Uint64())
			}
		}
	case *format.UUIDType:
		return func(v parquet.Value) string {
			b := v.ByteArray()
			if len(b) != 16 {
				return hex.EncodeToString(b)
			}
			return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
		}
	}
	return plain
}

// isNumber reports whether the values of a column are numbers by its type.
func isNumber(node parquet.Node) bool {
	if node == nil {
		return false
	}
	t := node.Type()
	switch t.Kind() {
	case parquet.Int32, parquet.Int64, parquet.Float, parquet.Double:
	default:
		if t.LogicalType() == nil {
			return false
		}
		_, decimal := t.LogicalType().Value.(*format.DecimalType)
		return decimal
	}
	if t.LogicalType() == nil {
		return true
	}
	switch t.LogicalType().Value.(type) {
	case *format.DecimalType, *format.IntType:
		return true
	}
	return false
}

// julian returns the instant of nanoseconds of a day and the Julian day.
func julian(v deprecated.Int96) time.Time {
	nanos := int64(v[1])<<32 | int64(v[0])
	return time.Unix((int64(v[2])-2440588)*86400, nanos).UTC()
}

// twosComplement reads a number of any length, the highest byte first.
func twosComplement(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// decimal writes n with a point before its last scale digits.
func decimal(n *big.Int, scale int) string {
	digits := new(big.Int).Abs(n).String()
	if scale > 0 {
		if len(digits) <= scale {
			digits = strings.Repeat("0", scale+1-len(digits)) + digits
		}
		digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
	}
	if n.Sign() < 0 {
		return "-" + digits
	}
	return digits
}
