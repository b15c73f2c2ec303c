// Sallyport is a firewall for local MCP servers. It stands between an MCP client and the server that the client starts, reads every
// frame in both directions, and passes, edits or refuses it. The manual is in its help: sallyport help, sallyport VERB --help.
package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"

	"sallyport/wrap/child"
)

func main() {
	// The same binary is the supervisor of the server's process; then this does not return.
	child.Main()
	os.Exit(run(os.Args[1:]))
}

// run executes a command line and returns the exit status: 1 for an error of ours, 2 for a command line that makes no sense.
func run(args []string) int {
	root := newRootCommand()
	root.SetArgs(args)
	err := root.Execute()
	var status exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	}
	errorf("%v", err)
	var hint hinted
	if errors.As(err, &hint) {
		hintf("%s", hint.hint)
	}
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "sallyport",
		Short: "a firewall for local MCP servers",
		Long: `Sallyport is a firewall for local MCP servers.

Its command line is put into a client's configuration in front of the real
server's. It starts that server, reads every JSON-RPC frame in both directions,
judges it by your rules, and lets it through, edits it, or refuses it.

To see it work, without a network or a client:

    $ sallyport demo

To put it in front of the servers of the clients on this machine, to see that it
stands there, and to take it away again to the byte:

    $ sallyport install
    $ sallyport doctor
    $ sallyport uninstall

By hand, write in claude_desktop_config.json, or where your client keeps its servers:

    "filesystem": {
      "command": "/home/you/.local/bin/sallyport",
      "args": ["wrap", "--name", "filesystem", "--",
               "npx", "-y", "@modelcontextprotocol/server-filesystem", "/home/you/project"]
    }

To answer what it asks, and to see what lives and what it did:

    $ sallyport approve
    $ sallyport status
    $ sallyport log show`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{withHint(`run "sallyport help" for the verbs`, "unknown verb %q", args[0])}
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{withHint(`run "`+cmd.CommandPath()+` --help"`, "%v", err)}
	})
	root.AddCommand(newWrapCommand(), newInstallCommand(), newUninstallCommand(), newApproveCommand(), newStatusCommand(), newScanCommand(), newDoctorCommand(), newDemoCommand(), newRulesCommand(), newPinCommand(), newBlockCommand(), newSecretCommand(), newLogCommand(), newVersionCommand(), newManualCommand(), newLookCommand())
	return root
}
