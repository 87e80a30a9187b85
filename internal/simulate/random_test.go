package simulate

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/signal"
)

func TestDistributions(t *testing.T) {
	t.Parallel()
	r := newRandom(1, forNoise)
	const n = 200000
	var normal, exponential, below struct{ sum, squares float64 }
	add := func(m *struct{ sum, squares float64 }, v float64) { m.sum += v; m.squares += v * v }
	for range n {
		add(&normal, r.normal(signal.One).Float())
		add(&exponential, float64(r.exponential(1e6))/1e6)
		add(&below, float64(r.within(span{-3, 6})))
	}
	for _, c := range []struct {
		name     string
		got      struct{ sum, squares float64 }
		mean, sd float64
	}{{"normal", normal, 0, 1}, {"exponential", exponential, 1, 1}, {"within", below, 1.5, math.Sqrt(99.0 / 12)}} {
		mean := c.got.sum / n
		sd := math.Sqrt(c.got.squares/n - mean*mean)
		if math.Abs(mean-c.mean) > 0.01*(1+c.sd) || math.Abs(sd-c.sd) > 0.01*(1+c.sd) {
			t.Errorf("%s: mean %.3f and deviation %.3f, want %.3f and %.3f", c.name, mean, sd, c.mean, c.sd)
		}
	}
}

func TestWanderStaysAsWide(t *testing.T) {
	t.Parallel()
	r := newRandom(2, forLevel)
	w := newWander(r, signal.One, 20)
	sum := 0.0
	const n = 200000
	for range n {
		v := w.next(r).Float()
		sum += v * v
	}
	if sd := math.Sqrt(sum / n); sd < 0.93 || sd > 1.07 {
		t.Errorf("the deviation is %.3f, want 1", sd)
	}
}

func TestRoot(t *testing.T) {
	t.Parallel()
	for n := range int64(10000) {
		if x := root(n); x*x > n || (x+1)*(x+1) <= n {
			t.Fatalf("root of %d is %d", n, x)
		}
	}
	if x := root(1 << 62); x != 1<<31 {
		t.Errorf("root of 2^62 is %d", x)
	}
}

func TestCurves(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, 2, 7, 30, 3600} {
		if fallen(0, length) != 0 || fallen(length, length) != whole || left(0, length) != whole || left(length, length) != 0 {
			t.Errorf("over %d s a curve does not go from end to end", length)
		}
		for k := range length {
			if fallen(k+1, length) < fallen(k, length) || left(k+1, length) > left(k, length) {
				t.Errorf("over %d s a curve turns back at %d", length, k)
			}
		}
	}
	if half := fallen(50, 100); half >= whole/2 {
		t.Errorf("half way %d of %d are gone: a fall begins slowly", half, whole)
	}
	if half := left(50, 100); half > whole/4 {
		t.Errorf("half way back %d of %d are left: it comes back fast", half, whole)
	}
}

// TestIntegersOnly keeps floats, whose products may be fused on one machine
// and not on another, out of the package.
func TestIntegersOnly(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					t.Errorf("%s: the number %s", name, n.Value)
				}
			case *ast.Ident:
				if strings.HasPrefix(n.Name, "float") || n.Name == "Float" {
					t.Errorf("%s: %s", name, n.Name)
				}
			}
			return true
		})
	}
}
