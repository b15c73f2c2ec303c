package origin

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Flags of "docker run" and "podman run". A flag that is in neither list makes the launch unresolved: whether the next word is its
// value or the image cannot be told.
var (
	containerPlain = strings.Fields(`--detach --disable-content-trust --help --init --interactive --no-healthcheck --oom-kill-disable --privileged
		--publish-all --quiet --read-only --rm --rmi --sig-proxy --tty --replace --no-hosts --env-host --http-proxy --tls-verify`)
	containerValue = strings.Fields(`--add-host --annotation --attach --blkio-weight --blkio-weight-device --cap-add --cap-drop --cgroup-parent
		--cgroupns --cidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares --cpus --cpuset-cpus --cpuset-mems
		--detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --dns
		--dns-opt --dns-option --dns-search --domainname --entrypoint --env --env-file --expose --gpus --group-add --health-cmd
		--health-interval --health-retries --health-start-period --health-timeout --hostname --ip --ip6 --ipc --isolation --kernel-memory
		--label --label-file --link --link-local-ip --log-driver --log-opt --mac-address --memory --memory-reservation --memory-swap
		--memory-swappiness --mount --name --net --net-alias --network --network-alias --oom-score-adj --pid --pids-limit --platform
		--publish --pull --restart --runtime --security-opt --shm-size --stop-signal --stop-timeout --storage-opt --sysctl --tmpfs
		--ulimit --user --userns --uts --volume --volume-driver --volumes-from --workdir --secret --systemd --timezone --umask --authfile --arch --os`)
)

const (
	containerLetters = "ditqP"
	containerTakes   = "acehlmpuvw"
)

// container reads the command line of docker and its like.
func (p *plan) container(name string) {
	i := 1
	if i < len(p.args) && p.args[i] == "container" {
		i++
	}
	if i >= len(p.args) || p.args[i] != "run" {
		p.refuse("only the image of %q can be verified", name+" run")
		return
	}
	for i++; i < len(p.args); i++ {
		arg := p.args[i]
		if arg == "--" {
			i++
			break
		}
		if !strings.HasPrefix(arg, "-") {
			break
		}
		skip, ok := containerFlag(arg)
		if !ok {
			p.refuse("the flag %q of %s run is not known, so the image cannot be told from the flags", arg, name)
			return
		}
		p.pull = p.pull || arg == "--pull=never" || arg == "--pull" && i+1 < len(p.args) && p.args[i+1] == "never"
		i += skip
	}
	p.pull = !p.pull
	if i >= len(p.args) || !reference.MatchString(p.args[i]) {
		p.refuse("%s run names no image", name)
		return
	}
	p.kind, p.image, p.spec = Image, i, p.args[i]
}

var reference = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@-]*$`)

// containerFlag says how many arguments follow as the value of arg.
func containerFlag(arg string) (skip int, ok bool) {
	name, _, valued := strings.Cut(arg, "=")
	switch {
	case slices.Contains(containerPlain, name):
		return 0, true
	case slices.Contains(containerValue, name) && valued:
		return 0, true
	case slices.Contains(containerValue, name):
		return 1, true
	case strings.HasPrefix(arg, "--") || len(arg) < 2:
		return 0, false
	}
	for i, c := range arg[1:] {
		switch {
		case strings.ContainsRune(containerTakes, c) && i+2 == len(arg):
			return 1, true
		case strings.ContainsRune(containerTakes, c):
			return 0, true
		case !strings.ContainsRune(containerLetters, c):
			return 0, false
		}
	}
	return 0, true
}

var digestForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func (s *Store) resolveImage(ctx context.Context, p plan) (Resolved, error) {
	path, err := s.Find(p.args[0])
	if err != nil {
		return Resolved{}, err
	}
	image := p.args[p.image]
	id, repos, err := inspect(ctx, path, p.launch.Env, image)
	if err != nil && p.pull && ctx.Err() == nil {
		s.progress("pulling %s, once", image)
		if _, err = engine(ctx, path, p.launch.Env, "pull", "-q", image); err == nil {
			id, repos, err = inspect(ctx, path, p.launch.Env, image)
		}
	}
	if ctx.Err() != nil {
		return Resolved{}, fmt.Errorf("asking %s for the image %q: %w", program(p.args[0]), image, ctx.Err())
	}
	o := Origin{Kind: Image, Spec: image, Runtime: path}
	for _, r := range repos {
		if name, sum, ok := strings.Cut(r, "@"); ok && o.Digest == "" && digestForm.MatchString(sum) && sameRepository(name, image) {
			o.Package, o.Digest = name, sum
		}
	}
	if !strings.HasPrefix(id, "sha256:") { // as podman prints it
		id = "sha256:" + id
	}
	if o.Digest == "" && digestForm.MatchString(id) {
		o.Digest = id
	}
	if err != nil || o.Digest == "" {
		p.refuse("%s knows no digest of the image %q", program(p.args[0]), image)
		return s.unresolved(p)
	}
	c, err := s.prepareImage(p, o)
	return Resolved{Origin: o, Command: c}, err
}

// prepareImage names the image by its digest; that the engine starts that one and no other is the engine's promise.
func (s *Store) prepareImage(p plan, o Origin) (Command, error) {
	if o.Spec != p.spec {
		return Command{}, &Changed{What: "image", Name: p.spec, Old: fmt.Sprintf("%q", o.Spec), New: fmt.Sprintf("%q", p.spec)}
	}
	if !digestForm.MatchString(o.Digest) || o.Package != "" && !reference.MatchString(o.Package) {
		return Command{}, fmt.Errorf("verifying the image %q: the pin records %q, which is no digest; pin it again", p.spec, o.Digest)
	}
	path, err := s.Find(p.args[0])
	if err != nil {
		return Command{}, err
	}
	args := slices.Clone(p.args)
	args[p.image] = o.Digest
	if o.Package != "" {
		args[p.image] = o.Package + "@" + o.Digest
	}
	return s.command(p, Command{Path: path, Args: args})
}

// sameRepository reports whether the engine's full name of a repository is that of the image.
func sameRepository(full, image string) bool {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndexByte(image, ':'); colon > strings.LastIndexByte(image, '/') {
		image = image[:colon]
	}
	return full == image || full == "docker.io/"+image || full == "docker.io/library/"+image || full == "localhost/"+image || "docker.io/"+full == image || "docker.io/library/"+full == image
}

// inspect returns the id of a local image and the names by which registries know it.
func inspect(ctx context.Context, path string, env []string, image string) (id string, repos []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	out, err := engine(ctx, path, env, "image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", image)
	if err != nil {
		return "", nil, err
	}
	id, list, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err := json.Unmarshal([]byte(list), &repos); err != nil {
		repos = nil
	}
	return id, repos, nil
}

// engine runs the container engine with the server's environment, which says where its daemon is.
func engine(ctx context.Context, path string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.WaitDelay = append([]string{}, env...), time.Second
	group(cmd)
	return cmd.Output()
}
