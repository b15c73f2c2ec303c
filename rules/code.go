package rules

import (
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/vm"
)

// code is a compiled expression. Its program is nil where the rule always matches as far as its guards hold.
type code struct {
	program *vm.Program
	direct  *direct // in place of program, where that can be
	// over tells that the list that the expression asks any(…) of is empty; nil if it asks more.
	over func(*frame) (none bool, err error)
	err  error // of an expression that was compiled late
}

// always is the code of a rule without an expression.
var always = &code{}

// translator compiles expressions, one at a time: they share what expr knows of our functions, which takes longer to make than to compile
// a rule.
type translator struct {
	mu     sync.Mutex
	config *conf.Config
}

func (c *translator) compile(source string, on onMask) (*code, []guard, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.config == nil {
		c.config = newConfig(expr.AsBool())
	}
	program, guards, err := compile(c.config, source, on)
	if err != nil || program == nil {
		return always, guards, err
	}
	return &code{program: program, direct: asDirect(program), over: asOver(program)}, guards, nil
}

// code gives the compiled expression. Those of packs, which are known to compile, are compiled when they are first needed: most
// sessions need few of them. Should one fail all the same, it denies.
func (r *rule) code() *code {
	if r.late == nil {
		return r.compiled
	}
	r.once.Do(func() {
		var err error
		if r.compiled, _, err = r.late.compile(r.source, r.on); err != nil {
			r.compiled = &code{err: err}
		}
	})
	return r.compiled
}
