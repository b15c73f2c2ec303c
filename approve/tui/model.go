package tui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"sallyport/approve"
)

type (
	changedMsg struct{}
	tickMsg    struct{ n int }
	cardMsg    struct {
		id   string
		card approve.Card
		err  error
	}
	sentMsg struct {
		id      string
		receipt approve.Receipt
		err     error
	}
	undoneMsg struct {
		session, undo string
		err           error
	}
)

// A mode is what the screen shows.
type mode uint8

const (
	inQueue   mode = iota
	inCard         // of one question, or of several
	inScope        // what a grant would hold for
	inConfirm      // a word, or doubts
	inHelp
)

// A model is the state of the screen. It belongs to the goroutine of the program.
type model struct {
	now     func() time.Time
	refresh func() // sets questions, sessions, odd
	changed tea.Cmd
	after   func(d time.Duration, msg tea.Msg) tea.Cmd
	fetch   func(id string) (approve.Card, error)
	send    func(approve.Answer) (approve.Receipt, error)
	digest  func(approve.Question, approve.Card) string // of what is shown
	undo    func(session, undo string) error

	width, height int
	plain         bool // no styles
	mode, before  mode // before: where help goes back to
	questions     []approve.Question
	sessions      []approve.Status
	odd           []string
	clock         clock

	list   []approve.Question // that the filter lets through
	at     string             // id of the question under the cursor
	pos    int                // its index in list
	top    int                // first row of list that shows
	filter string
	typing bool // the filter
	marked map[string]bool

	shown    *sheet   // the card, or the cards of a batch
	wanted   []string // ids whose cards are to be shown when they are there
	got      map[string]approve.Card
	fetching map[string]bool // false: what comes is out of date

	draft approve.Answer // that a scope or a word is being chosen for
	scope page
	check confirmation
	help  page

	sent  map[string]*sent // answers that have not shown in the queue yet
	tally tally
	acted struct {
		key string
		at  time.Time
	}
	pressed  string // the key that is being heard
	quitting bool
	status   string
	last     struct{ session, undo, text string } // grant
}

// A clock runs only while something on the screen depends on it.
type clock struct {
	n     int // ticks of older clocks are not heard
	every time.Duration
}

func newModel(now func() time.Time) *model {
	return &model{digest: approve.Question.Digest,
		now: now, refresh: func() {},
		after:  func(d time.Duration, msg tea.Msg) tea.Cmd { return tea.Tick(d, func(time.Time) tea.Msg { return msg }) },
		marked: map[string]bool{}, got: map[string]approve.Card{}, fetching: map[string]bool{}, sent: map[string]*sent{},
		width: 80, height: 24,
	}
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	m.refresh()
	return tea.Batch(m.changed, m.follow())
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.layOut()
	case changedMsg:
		m.refresh()
		cmd = tea.Batch(m.changed, m.follow())
	case tickMsg:
		if msg.n == m.clock.n {
			m.clock.every = 0
			cmd = m.tick()
		}
	case cardMsg:
		cmd = m.arrived(msg)
	case sentMsg:
		cmd = m.answered(msg)
	case undoneMsg:
		m.tookBack(msg)
	case tea.KeyPressMsg:
		cmd = m.key(msg)
	}
	m.settle()
	if m.quitting && len(m.underWay()) == 0 {
		return m, tea.Quit
	}
	return m, cmd
}

// settle keeps what is on the screen within its bounds, and notes what of it has been seen. A page counts as there from the moment at
// which it is laid out: laying it out takes time, in which keys wait.
func (m *model) settle() {
	m.keepCursor()
	p := m.page()
	if p == nil {
		return
	}
	if p.fresh {
		p.fresh, p.since = false, m.now()
	}
	room := m.room()
	p.scroll = max(0, min(p.scroll, len(p.rows)-room))
	if m.fits() && p.scroll+room >= len(p.rows) {
		p.seen = true
	}
}

// page is what scrolls on the screen; nil for the queue.
func (m *model) page() *page {
	switch m.mode {
	case inCard:
		return &m.shown.page
	case inScope:
		return &m.scope
	case inConfirm:
		return &m.check.page
	case inHelp:
		return &m.help
	}
	return nil
}

// A page is rows that may be more than fit.
type page struct {
	rows   []row
	scroll int
	seen   bool      // to its end
	since  time.Time // it has been on the screen as it is
	fresh  bool      // it is new, or has changed
}

// again makes a page one that nobody has looked at.
func (p *page) again() { p.scroll, p.seen, p.fresh = 0, false, true }

// layOut breaks all pages into rows of the screen's width.
func (m *model) layOut() {
	if m.shown != nil {
		m.shown.layOut(m.width)
		m.layOutScope()
		m.layOutCheck()
	}
	m.help.rows = helpRows(m.width)
}

// tick lets the clock run as fast as what the screen shows needs it.
func (m *model) tick() tea.Cmd {
	every := time.Duration(0)
	if len(m.questions) > 0 {
		every = 30 * time.Second // how old they are
	}
	for i := range m.questions {
		if m.questions[i].Until.After(m.now()) {
			every = time.Second
			break
		}
	}
	if every == 0 || m.clock.every != 0 && m.clock.every <= every {
		return nil
	}
	m.clock = clock{m.clock.n + 1, every}
	return m.after(every, tickMsg{m.clock.n})
}

// label is the end of a question's id, which is enough for people.
func label(id string) string {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i] == '.' {
			return fit(clean(id[i+1:]), 8)
		}
	}
	return fit(clean(id), 8)
}

// count puts a number before a noun.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
