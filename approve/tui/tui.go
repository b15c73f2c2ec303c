// Package tui shows the questions of all live sessions on a terminal, and answers them.
//
// All text that it draws has been made visible by the session that asks, and is made visible once more here, since another process of the
// user may have put a socket into the folder. A line never holds more cells than the screen has columns.
//
// Nothing is allowed by a slip: keys that answer are dead for 400 ms after a card has come up or changed, a card has to be seen to its
// end before it can be allowed, some need a word that is typed, and Enter denies.
package tui

import (
	"context"
	"errors"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"

	"sallyport/approve"
)

// errNoScreen says what works without a screen.
var errNoScreen = errors.New(`this is no terminal that can show a screen: use "sallyport approve list", "show ID", "allow ID" and "deny ID"`)

// Run shows the questions of an inbox until the user quits, which answers nothing.
func Run(ctx context.Context, in *approve.Inbox) error {
	if kind := os.Getenv("TERM"); kind == "dumb" || kind == "" || !term.IsTerminal(os.Stdin.Fd()) || !term.IsTerminal(os.Stdout.Fd()) {
		return errNoScreen
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(time.Now)
	m.refresh = func() { m.questions, m.sessions, m.odd = in.Questions(), in.Sessions(), in.Odd() }
	m.changed = func() tea.Msg {
		select {
		case <-in.Changed():
			return changedMsg{}
		case <-ctx.Done():
			return nil
		}
	}
	m.fetch = func(id string) (approve.Card, error) {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		return in.Card(ctx, id)
	}
	m.send = func(a approve.Answer) (approve.Receipt, error) {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		return in.Answer(ctx, a)
	}
	m.undo = func(session, undo string) error {
		ctx, cancel := context.WithTimeout(ctx, answerTime)
		defer cancel()
		return in.Undo(ctx, session, undo)
	}
	_, err := tea.NewProgram(m, tea.WithContext(ctx), tea.WithFPS(30)).Run()
	if errors.Is(err, tea.ErrInterrupted) || errors.Is(err, tea.ErrProgramKilled) {
		return nil
	}
	return err
}

const (
	answerTime = 30 * time.Second
	guardTime  = 400 * time.Millisecond
)

type (
	changedMsg struct{}
	tickMsg    struct{}
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
	undoneMsg struct{ err error }
)

// A mode is what the screen shows.
type mode uint8

const (
	inQueue mode = iota
	inCard
	inBatch
	inScope
	inWord
	inHelp
)

// A model is the state of the screen. It belongs to the goroutine of the program.
type model struct {
	now     func() time.Time
	refresh func()
	changed tea.Cmd
	fetch   func(id string) (approve.Card, error)
	send    func(approve.Answer) (approve.Receipt, error)
	undo    func(session, undo string) error

	width, height int
	plain         bool // no styles
	mode, before  mode
	questions     []approve.Question
	sessions      []approve.Status
	odd           []string
	ticking       bool

	at     string // id of the question under the cursor
	top    int    // first row of the queue that shows
	filter string
	typing bool // the filter
	marked map[string]bool

	shown  *sheet   // the card, or the cards of a batch
	wanted []string // ids whose cards are on their way
	got    map[string]approve.Card

	draft approve.Answer // that a scope or a word is being chosen for
	typed string
	since time.Time // the scope on the screen has been there

	sending map[string]bool
	status  string
	last    struct{ session, undo, text string }
}

func newModel(now func() time.Time) *model {
	return &model{now: now, refresh: func() {}, marked: map[string]bool{}, got: map[string]approve.Card{}, sending: map[string]bool{}, width: 80, height: 24}
}

// Init implements tea.Model.
func (m *model) Init() tea.Cmd {
	m.refresh()
	return tea.Batch(m.changed, m.follow())
}

// Update implements tea.Model.
func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		if m.shown != nil {
			m.shown.layOut(m)
		}
		return m, nil
	case changedMsg:
		m.refresh()
		return m, tea.Batch(m.changed, m.follow())
	case tickMsg:
		m.ticking = false
		return m, m.tick()
	case cardMsg:
		m.arrived(msg)
		return m, nil
	case sentMsg:
		return m, m.answered(msg)
	case undoneMsg:
		if m.status = "taken back: " + m.last.text; msg.err != nil {
			m.status = msg.err.Error()
		}
		m.last.undo = ""
		return m, nil
	case tea.KeyPressMsg:
		return m, m.key(msg)
	}
	return m, nil
}

// tick counts down while something has a time, and only then.
func (m *model) tick() tea.Cmd {
	for _, q := range m.questions {
		if !q.Until.IsZero() && !m.ticking {
			m.ticking = true
			return tea.Tick(time.Second, func(time.Time) tea.Msg { return tickMsg{} })
		}
	}
	return nil
}

// follow brings the screen up to date with the questions that there are now.
func (m *model) follow() tea.Cmd {
	open := map[string]bool{}
	for _, q := range m.questions {
		open[q.ID] = true
	}
	for id := range m.marked {
		if !open[id] {
			delete(m.marked, id)
		}
	}
	cmd := m.tick()
	if s := m.shown; s != nil && m.mode != inQueue {
		for i, q := range s.questions {
			if !open[q.ID] {
				if !m.sending[q.ID] {
					m.status = label(q.ID) + " is gone: it was answered elsewhere, or cancelled"
				}
				m.leave()
				return tea.Batch(cmd, m.next())
			}
			if now := m.find(q.ID); now.Times != q.Times || now.Waiting != q.Waiting {
				s.questions[i] = now
				cmd = tea.Batch(cmd, m.get(q.ID)) // what it would do may have changed
			}
		}
	}
	if m.find(m.at).ID == "" {
		m.at = ""
	}
	if list := m.visible(); m.at == "" && len(list) > 0 {
		m.at = list[0].ID
		if len(m.questions) == 1 && m.mode == inQueue && !m.typing && m.filter == "" {
			return tea.Batch(cmd, m.open(m.at)) // somebody waits for the first one
		}
	}
	return cmd
}

// find is the question of an id, the zero one if it is gone.
func (m *model) find(id string) approve.Question {
	for _, q := range m.questions {
		if q.ID == id {
			return q
		}
	}
	return approve.Question{}
}

// leave goes back to the queue.
func (m *model) leave() {
	m.mode, m.shown, m.wanted, m.draft, m.typed = inQueue, nil, nil, approve.Answer{}, ""
}

// next opens the question that follows, if there is one.
func (m *model) next() tea.Cmd {
	list := m.visible()
	if len(list) == 0 {
		return nil
	}
	m.at = list[0].ID
	return m.open(m.at)
}

// open fetches a card and shows it when it is there.
func (m *model) open(ids ...string) tea.Cmd {
	m.wanted = ids
	clear(m.got)
	var all []tea.Cmd
	for _, id := range ids {
		all = append(all, m.get(id))
	}
	return tea.Batch(all...)
}

func (m *model) get(id string) tea.Cmd {
	fetch := m.fetch
	return func() tea.Msg {
		card, err := fetch(id)
		return cardMsg{id, card, err}
	}
}

// arrived takes in a card.
func (m *model) arrived(msg cardMsg) {
	if s := m.shown; s != nil && msg.err == nil {
		s.replace(m, msg.card)
	}
	wanted := false
	for _, id := range m.wanted {
		wanted = wanted || id == msg.id
	}
	if !wanted {
		return
	}
	if msg.err != nil {
		m.status, m.wanted = msg.err.Error(), nil
		return
	}
	if m.got[msg.id] = msg.card; len(m.got) < len(m.wanted) {
		return
	}
	s := &sheet{since: m.now()}
	for _, id := range m.wanted {
		if q := m.find(id); q.ID != "" {
			s.questions, s.cards = append(s.questions, q), append(s.cards, m.got[id])
		}
	}
	m.wanted = nil
	if len(s.cards) == 0 {
		return
	}
	if m.mode = inCard; len(s.cards) > 1 {
		m.mode = inBatch
	}
	s.choose()
	s.layOut(m)
	m.shown = s
}

// answered takes in what came of an answer.
func (m *model) answered(msg sentMsg) tea.Cmd {
	delete(m.sending, msg.id)
	if msg.err != nil {
		m.status = label(msg.id) + ": " + msg.err.Error()
		if m.shown != nil {
			return m.get(msg.id)
		}
		return nil
	}
	m.status = label(msg.id) + ": " + msg.receipt.Text
	if msg.receipt.Undo != "" {
		m.last.session, m.last.undo, m.last.text = sessionOf(msg.id), msg.receipt.Undo, msg.receipt.Text
		m.status += "; u takes the grant back"
	}
	return nil
}

