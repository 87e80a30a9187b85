package oximetry

import "pleth/internal/signal"

// maxLength is the longest template that is compared within a tolerance.
const maxLength = SampEnLength + 1

// kdTree holds the different templates of one length by place, to count which
// lie near which without comparing each pair: two nodes whose templates all
// match, or all do not, are settled at once (a dual-tree count, Gray and Moore
// 2001).
type kdTree struct {
	m         int
	tolerance signal.Fixed
	points    []kdPoint // by node
	nodes     []kdNode
}

type kdPoint struct {
	at       [maxLength]signal.Fixed
	template int32
	weight   int64 // how often it occurs
	matches  int64 // templates within the tolerance, found one by one
}

// kdNode is the points from..to-1: a leaf, or two halves.
type kdNode struct {
	from, to    int32
	left, right int32 // 0 for a leaf
	weight      int64 // of all points
	matches     int64 // templates that match every point of the node
	low, high   [maxLength]signal.Fixed
}

const leafPoints = 8

func newKDTree(s *Series, t *templates, tolerance signal.Fixed) *kdTree {
	tree := &kdTree{m: t.m, tolerance: tolerance, points: make([]kdPoint, 0, len(t.count))}
	for i, k := range t.first {
		if t.count[i] == 0 {
			continue
		}
		p := kdPoint{template: int32(i), weight: t.count[i]}
		for j := range t.m {
			p.at[j] = s.Value(int(k) + j)
		}
		tree.points = append(tree.points, p)
	}
	if len(tree.points) > 0 {
		tree.build(0, int32(len(tree.points)))
	}
	return tree
}

// build adds the node of points from..to-1 and those below it, and returns
// its place. It halves the points along their longest side.
func (t *kdTree) build(from, to int32) int32 {
	n := kdNode{from: from, to: to, low: t.points[from].at, high: t.points[from].at}
	for i := from; i < to; i++ {
		p := &t.points[i]
		n.weight += p.weight
		for j := range t.m {
			n.low[j], n.high[j] = min(n.low[j], p.at[j]), max(n.high[j], p.at[j])
		}
	}
	place := int32(len(t.nodes))
	t.nodes = append(t.nodes, n)
	if to-from <= leafPoints {
		return place
	}
	axis := 0
	for j := range t.m {
		if n.high[j]-n.low[j] > n.high[axis]-n.low[axis] {
			axis = j
		}
	}
	half := from + (to-from)/2
	selectPoint(t.points[from:to], int(half-from), axis)
	left := t.build(from, half)
	right := t.build(half, to)
	t.nodes[place].left, t.nodes[place].right = left, right
	return place
}

// selectPoint puts the points before place n that are not above the one there
// along an axis (Hoare 1961).
func selectPoint(p []kdPoint, n, axis int) {
	low, high := 0, len(p)-1
	for low < high {
		pivot := p[low+(high-low)/2].at[axis]
		i, j := low, high
		for i <= j {
			for p[i].at[axis] < pivot {
				i++
			}
			for p[j].at[axis] > pivot {
				j--
			}
			if i <= j {
				p[i], p[j] = p[j], p[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return
		}
	}
}

// matches returns for each of n templates how many match it, itself included.
func (t *kdTree) matches(n int) []int64 {
	out := make([]int64, n)
	if len(t.nodes) == 0 {
		return out
	}
	t.within(0)
	for i := range t.nodes { // parents come before their children
		node := &t.nodes[i]
		if node.left != 0 {
			t.nodes[node.left].matches += node.matches
			t.nodes[node.right].matches += node.matches
			continue
		}
		for k := node.from; k < node.to; k++ {
			p := &t.points[k]
			out[p.template] = p.matches + node.matches
		}
	}
	return out
}

// within counts the matches among the points of one node.
func (t *kdTree) within(a int32) {
	n := &t.nodes[a]
	if n.left != 0 {
		t.within(n.left)
		t.within(n.right)
		t.between(n.left, n.right)
		return
	}
	for i := n.from; i < n.to; i++ {
		p := &t.points[i]
		p.matches += p.weight
		for j := i + 1; j < n.to; j++ {
			t.pair(p, &t.points[j])
		}
	}
}

// between counts the matches of the points of one node with those of another.
func (t *kdTree) between(a, b int32) {
	p, q := &t.nodes[a], &t.nodes[b]
	all := true
	for j := range t.m {
		if p.low[j]-q.high[j] > t.tolerance || q.low[j]-p.high[j] > t.tolerance {
			return
		}
		all = all && p.high[j]-q.low[j] <= t.tolerance && q.high[j]-p.low[j] <= t.tolerance
	}
	switch {
	case all:
		p.matches += q.weight
		q.matches += p.weight
	case p.left == 0 && q.left == 0:
		for i := p.from; i < p.to; i++ {
			for j := q.from; j < q.to; j++ {
				t.pair(&t.points[i], &t.points[j])
			}
		}
	case q.left == 0 || p.left != 0 && p.to-p.from >= q.to-q.from:
		t.between(p.left, b)
		t.between(p.right, b)
	default:
		t.between(a, q.left)
		t.between(a, q.right)
	}
}

func (t *kdTree) pair(p, q *kdPoint) {
	for j := range t.m {
		if d := p.at[j] - q.at[j]; d > t.tolerance || d < -t.tolerance {
			return
		}
	}
	p.matches += q.weight
	q.matches += p.weight
}
