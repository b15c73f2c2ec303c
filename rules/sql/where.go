package sql

// condition follows a WHERE at one level of parentheses. It asks whether the
// condition could be false for some row: a disjunct that names no column, or
// compares something with itself, makes it true for all, or at least hides what
// it is true for.
type condition struct {
	on     bool
	names  bool // this conjunct names a column
	firm   bool // some conjunct of this disjunct depends on a row
	always bool // some disjunct does not
	start  int  // of this conjunct
	op     int  // place of its first comparison, or 0
}

func (c *condition) operator(i int) {
	if c.on && c.op == 0 {
		c.op = i
	}
}

// conjunct ends a conjunct at token i.
func (c *condition) conjunct(r *reading, end int) {
	if c.names && !c.reflexive(r, end) {
		c.firm = true
	}
	c.names, c.op, c.start = false, 0, end+1
}

// disjunct ends a disjunct, whose conjuncts have ended.
func (c *condition) disjunct() {
	if !c.firm {
		c.always = true
	}
	c.firm = false
}

// reflexive says whether the conjunct compares something with itself by an
// operator that holds for equals.
func (c *condition) reflexive(r *reading, end int) bool {
	if c.op == 0 {
		return false
	}
	right := c.op + 1
	for right < end && r.isAny(right, "=", ">") || right < end && r.is(right, "like") {
		right++
	}
	// Longer than any name is an expression that is not worth comparing.
	if n := end - right; n != c.op-c.start || n == 0 || n > 32 {
		return false
	}
	for i := range end - right {
		if !r.same(c.start+i, right+i) {
			return false
		}
	}
	return true
}
