package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// compound lists the commands in what is no simple command, those of all
// branches.
func (w *walker) compound(cmd syntax.Command, sc scope) {
	switch cmd := cmd.(type) {
	case *syntax.Subshell:
		w.stmts(cmd.Stmts, sc)
	case *syntax.Block:
		w.stmts(cmd.Stmts, sc)
	case *syntax.IfClause:
		for ; cmd != nil; cmd = cmd.Else {
			w.stmts(cmd.Cond, sc)
			w.stmts(cmd.Then, sc)
		}
	case *syntax.WhileClause:
		w.stmts(cmd.Cond, sc)
		w.stmts(cmd.Do, sc)
	case *syntax.ForClause:
		w.loop(cmd.Loop, sc)
		w.stmts(cmd.Do, sc)
	case *syntax.CaseClause:
		w.expand([]syntax.Node{cmd.Word}, sc, nil)
		for _, item := range cmd.Items {
			for _, p := range item.Patterns {
				w.expand([]syntax.Node{p}, sc, nil)
			}
			w.stmts(item.Stmts, sc)
		}
	case *syntax.FuncDecl:
		w.stmt(cmd.Body, sc)
	case *syntax.ArithmCmd:
		w.arith = true
		w.expand([]syntax.Node{cmd.X}, sc, nil)
	case *syntax.LetClause:
		w.arith = true
		for _, x := range cmd.Exprs {
			w.expand([]syntax.Node{x}, sc, nil)
		}
	case *syntax.TestClause:
		w.expand([]syntax.Node{cmd.X}, sc, nil)
	case *syntax.TimeClause:
		w.emit(Command{Name: "time", Program: "time", Via: sc.via, From: sc.from, Env: sc.env})
		if cmd.Stmt != nil {
			w.stmt(cmd.Stmt, sc.under("time"))
		}
	case *syntax.CoprocClause:
		if cmd.Name != nil {
			w.expand([]syntax.Node{cmd.Name}, sc, nil)
			switch cmd.Stmt.Cmd.(type) {
			case *syntax.Block, *syntax.Subshell, *syntax.IfClause, *syntax.WhileClause, *syntax.ForClause, *syntax.CaseClause:
			default:
				w.doubt(sc) // to bash the name is a program
			}
		}
		w.stmt(cmd.Stmt, sc.within("coproc"))
	default:
		w.doubt(sc)
	}
}

func (w *walker) loop(loop syntax.Loop, sc scope) {
	switch loop := loop.(type) {
	case *syntax.WordIter:
		if perilous(loop.Name.Value, "", false) {
			w.doubt(sc)
		}
		for _, word := range loop.Items {
			w.word(word)
			w.expand([]syntax.Node{word}, sc, nil)
		}
	case *syntax.CStyleLoop:
		w.arith = true
		for _, x := range []syntax.ArithmExpr{loop.Init, loop.Cond, loop.Post} {
			if x != nil {
				w.expand([]syntax.Node{x}, sc, nil)
			}
		}
	}
}

// declare lists export, declare, local and the like, which the parser takes for
// keywords.
func (w *walker) declare(d *syntax.DeclClause, redirs []*syntax.Redirect, sc scope) {
	start := len(w.cmds)
	args := []arg{{text: d.Variant.Value, exact: true}}
	var nodes []syntax.Node
	bad := false
	for _, a := range d.Args {
		nodes = append(nodes, a)
		switch {
		case a.Name == nil:
			args = append(args, w.word(a.Value))
		case a.Naked && a.Index == nil:
			args = append(args, arg{text: a.Name.Value, exact: true})
		case a.Array != nil || a.Index != nil || a.Append:
			bad = w.assigned(a) || bad
			args = append(args, arg{text: w.written(a)})
		default:
			bad = w.assigned(a) || bad
			value := arg{exact: true}
			if a.Value != nil {
				value = w.word(a.Value)
			}
			value.text = a.Name.Value + "=" + value.text
			args = append(args, value)
		}
	}
	i := w.runRedirected(args, Command{}, redirs, sc)
	if bad {
		w.unknown(i)
	}
	w.substitutions(nodes, redirs, start, sc)
}

// expand lists the commands in substitutions anywhere below nodes, and gives their
// names but for those in >(…), which take the output of writers. Arithmetic nests to the left, once for each
// operator, hence a stack of its own.
func (w *walker) expand(nodes []syntax.Node, sc scope, writers []Command) (names []string, surfeit bool) {
	var stack []syntax.Node
	for _, n := range nodes {
		stack = append(stack[:0], n)
		for len(stack) > 0 && !w.full {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			start := len(w.cmds)
			if p, ok := n.(*syntax.ProcSubst); ok && p.Op == syntax.CmdOut {
				w.stmts(p.Stmts, sc.within(">()").fed(writers))
				continue
			}
			switch n := n.(type) {
			case *syntax.CmdSubst:
				w.cmdSubst(n, sc)
			case *syntax.ProcSubst:
				w.stmts(n.Stmts, sc.within("<()"))
			case *syntax.ExtGlob:
				if strings.Trim(n.Pattern.Value, globSafe) != "" {
					w.doubt(sc)
				}
			case *syntax.ParamExp:
				w.param(n, sc)
				stack = push(stack, n)
			default:
				w.noteArith(n)
				stack = push(stack, n)
			}
			names, surfeit = addNames(names, w.cmds[start:], surfeit)
		}
	}
	return names, surfeit
}

// The parser takes the pattern of an extended glob for a string.
const globSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./*?|:,+="

// push puts the children of n on the stack, the first on top.
func push(stack []syntax.Node, n syntax.Node) []syntax.Node {
	start := len(stack)
	first := true
	syntax.Walk(n, func(child syntax.Node) bool {
		if first {
			first = false
			return true
		}
		if child != nil {
			stack = append(stack, child)
		}
		return false
	})
	for i, j := start, len(stack)-1; i < j; i, j = i+1, j-1 {
		stack[i], stack[j] = stack[j], stack[i]
	}
	return stack
}

func (w *walker) noteArith(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.ArithmExp, *syntax.BinaryArithm, *syntax.UnaryArithm:
		w.arith = true
	case *syntax.BinaryTest:
		switch n.Op {
		case syntax.TsEql, syntax.TsNeq, syntax.TsLeq, syntax.TsGeq, syntax.TsLss, syntax.TsGtr:
			w.arith = true
		}
	case *syntax.UnaryTest:
		w.arith = w.arith || n.Op == syntax.TsVarSet || n.Op == syntax.TsRefVar
	case *syntax.Word:
		if text, ok := unquote(n.Parts); ok {
			w.look(text)
		}
	case *syntax.Assign:
		w.arith = w.arith || n.Index != nil
	}
}

// param judges a parameter expansion that does more than give a value.
func (w *walker) param(p *syntax.ParamExp, sc scope) {
	if p.Index != nil || p.Slice != nil || p.Excl && p.Names == 0 {
		w.arith = true
	}
	if p.Exp == nil {
		return
	}
	switch p.Exp.Op {
	case syntax.OtherParamOps:
		// ${x@P} runs the substitutions in the value.
		if p.Exp.Word == nil || p.Exp.Word.Lit() == "P" || p.Exp.Word.Lit() == "" {
			w.doubt(sc)
		}
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if p.Param == nil || p.Excl || perilous(p.Param.Value, "", false) {
			w.doubt(sc)
		}
	}
}

// cmdSubst lists the commands of $(…) and back quotes. Backslashes in back quotes
// are read twice, and the parser leaves the second reading to its callers.
func (w *walker) cmdSubst(n *syntax.CmdSubst, sc scope) {
	inner := sc.within("$()")
	from, to := n.Left.Offset()+1, n.Right.Offset()
	if !n.Backquotes || from > to || to > uint(len(w.src)) || !strings.Contains(w.src[from:to], `\`) {
		w.stmts(n.Stmts, inner)
		return
	}
	// What double quotes around it do to the backslashes is in doubt.
	w.doubt(inner)
}
