module sallyport

go 1.26.8

require (
	charm.land/bubbletea/v2 v2.1.1 // the screen of approve
	charm.land/lipgloss/v2 v2.0.6 // its colours
	filippo.io/age v1.3.2 // the encrypted file of secrets
	github.com/charmbracelet/x/ansi v0.11.9 // how many cells text takes, as the screen counts them
	github.com/charmbracelet/x/term v0.2.2 // passwords typed without echo, as the screen's own parts do it
	github.com/expr-lang/expr v1.17.8 // the expressions of rules
	github.com/goccy/go-yaml v1.19.2 // rule files, with the line and column of what is wrong
	github.com/pelletier/go-toml/v2 v2.4.3 // configurations in TOML, with the bytes of each value
	github.com/spf13/cobra v1.10.2 // verbs, flags, shell completion
	github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f // configurations in JSON with comments, with the bytes of each value
	github.com/tidwall/gjson v1.20.1 // look-ups in frames that the strict reader has accepted
	github.com/zalando/go-keyring v0.2.8 // the keyrings of the systems
	golang.org/x/net v0.62.0 // the names of hosts in other scripts (idna), and whose they are (publicsuffix)
	golang.org/x/sys v0.49.0 // subreaper, process groups, mremap, file locks
	golang.org/x/text v0.43.0 // Unicode forms of file names
	mvdan.cc/sh/v3 v3.14.1 // shell commands, parsed
)

// Test dependencies.
require (
	github.com/go-json-experiment/json v1.27.2 // the decoder that shares no code with ours
	github.com/google/jsonschema-go v0.4.3 // the schema of rule files, held against them
	github.com/mark3labs/mcp-go v1.2.1 // a real client
	github.com/modelcontextprotocol/go-sdk v1.8.0 // a real client, and a server of all revisions
	github.com/rogpeppe/go-internal v1.16.0 // scripts
	golang.org/x/tools v0.52.0 // dialogues in txtar files
)

require (
	filippo.io/hpke v0.4.0 // indirect
	github.com/charmbracelet/colorprofile v0.4.3 // indirect
	github.com/charmbracelet/ultraviolet v0.0.0-20261008173134-6b8d4baf91b4 // indirect
	github.com/charmbracelet/x/termios v0.1.1 // indirect
	github.com/charmbracelet/x/windows v0.2.2 // indirect
	github.com/clipperhouse/displaywidth v0.11.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/danieljoos/wincred v1.2.3 // indirect
	github.com/godbus/dbus/v5 v5.2.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/lucasb-eyer/go-colorful v1.4.1 // indirect
	github.com/mattn/go-runewidth v0.0.30 // indirect
	github.com/muesli/cancelreader v0.2.2 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.2 // indirect
	github.com/segmentio/asm v1.1.3 // indirect
	github.com/segmentio/encoding v0.5.4 // indirect
	github.com/spf13/cast v1.7.1 // indirect
	github.com/spf13/pflag v1.0.9 // indirect
	github.com/tidwall/match v1.1.1 // indirect
	github.com/tidwall/pretty v1.2.0 // indirect
	github.com/xo/terminfo v1.0.0 // indirect
	github.com/yosida95/uritemplate/v3 v3.0.2 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/oauth2 v0.35.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/time v0.15.0 // indirect
)

tool github.com/modelcontextprotocol/go-sdk/conformance/everything-server
