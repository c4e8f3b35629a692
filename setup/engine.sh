#!/usr/bin/env bash
# Makes sure that a Docker engine answers:  engine.sh [stop]
#
# An engine that answers is used as it is. Otherwise, as root on Debian or Ubuntu, docker.io
# is installed and dockerd started; `stop` ends that dockerd and no other.
# Prints the engine's version and address. Exit 5: no engine.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin # `su` without `-` leaves these out; dockerd and iptables are there

readonly socket=/var/run/docker.sock
readonly engine_pid=/run/docker.pid     # dockerd's own default
readonly marker=/run/runner-dockerd.pid # the dockerd that this script started
readonly lock=/run/runner-engine.lock
readonly log=/var/log/dockerd.log
readonly start_seconds=60

fail() {
  printf '%s\n' "$@" >&2
  exit 5
}

# Prints the engine's version and address, or on stderr why it doesn't answer. Python, which
# runner needs anyway, because a container that is given the engine's socket often has
# neither curl nor a docker CLI.
ask_engine() {
  python3 -IS - "${DOCKER_HOST:-unix://$socket}" <<'PYTHON'
import json, os, socket, sys
from urllib.parse import urlsplit

try:
    url = urlsplit(sys.argv[1])
    secure = os.environ.get("DOCKER_TLS_VERIFY")
    if url.scheme == "unix":
        engine = socket.socket(socket.AF_UNIX)
        engine.settimeout(5)
        engine.connect(url.path)
    elif url.scheme == "tcp":
        port = url.port or (2376 if secure else 2375)
        engine = socket.create_connection((url.hostname, port), timeout=5)
    else:
        sys.exit("its address must start with unix:// or tcp://")
    if secure and url.scheme == "tcp":
        import ssl
        keys = os.environ.get("DOCKER_CERT_PATH") or os.path.expanduser("~/.docker")
        tls = ssl.create_default_context(cafile=f"{keys}/ca.pem")
        tls.load_cert_chain(f"{keys}/cert.pem", f"{keys}/key.pem")
        engine = tls.wrap_socket(engine, server_hostname=url.hostname)
    # By hand, because importing http.client takes longer than all the rest.
    engine.sendall(b"GET /version HTTP/1.0\r\nHost: docker\r\n\r\n")
    reply = engine.makefile("rb").read()
    version = json.loads(reply.partition(b"\r\n\r\n")[2])["Version"]
except (OSError, ValueError, LookupError, TypeError) as error:
    sys.exit(str(error) or type(error).__name__)
print(f"Docker engine {version} at {sys.argv[1]}")
PYTHON
}

is_alive() {
  [[ $(cat "/proc/$1/stat" 2>/dev/null) == "$1 ("*") "[^ZX]* ]] # not a zombie
}

# is_running NAME PID_FILE: is the process in that file alive, and called NAME? A pid alone
# proves nothing: after a crash or a restored snapshot it may be another process's.
is_running() {
  local pid
  pid=$(cat "$2" 2>/dev/null) && is_alive "$pid" && [[ $(<"/proc/$pid/comm") == "$1" ]]
}

install_engine() {
  echo "Installing docker.io with apt-get, because no Docker engine answers." >&2
  # docker.io depends on iptables and tini (docker-init). Pulling needs ca-certificates.
  local install=(apt-get install -qq -o DPkg::Lock::Timeout=120 --no-install-recommends
    docker.io ca-certificates)
  export DEBIAN_FRONTEND=noninteractive
  # The first try fails where apt's lists are missing or old; the second says what is wrong.
  "${install[@]}" </dev/null >/dev/null 2>&1 ||
    { apt-get update -qq && "${install[@]}"; } </dev/null >&2 ||
    fail "apt-get could not install docker.io; its message is above." \
      "Repair apt, or start a Docker engine yourself and set DOCKER_HOST, then try again."
}

# Starts dockerd by hand, with its default settings.
start_engine() {
  # dockerd takes any process with these pids for its own, and gives up.
  rm -f "$engine_pid"
  local containerd_pid=/run/docker/containerd/containerd.pid
  is_running containerd "$containerd_pid" || rm -f "$containerd_pid"
  echo "Starting dockerd (pid in $engine_pid, log in $log)." >&2
  (
    # Keep nothing open: a CI waits until its pipes close, make counts the users of its job
    # server, and our lock must not outlive us. 255 is bash's own and closes itself.
    for fd in /proc/self/fd/*; do
      fd=${fd##*/}
      ((fd < 3 || fd == 255)) || eval "exec $fd>&-"
    done
    cd /
    umask 022
    exec setsid dockerd </dev/null >>"$log" 2>&1
  ) &
  echo $! >"$marker"
}

# wait_for_engine PID: waits until that dockerd answers; fails when it ends instead.
wait_for_engine() {
  local deadline=$((SECONDS + start_seconds))
  until ask_engine 2>/dev/null; do
    is_alive "$1" || return 1
    ((SECONDS < deadline)) ||
      fail_with_log "dockerd (pid $1) has not answered for $start_seconds seconds."
    sleep 0.1
  done
}

fail_with_log() {
  fail "$1 The end of $log:" "$(grep -v level=info "$log" | tail -n 6)" \
    "Remove the cause, or start a Docker engine yourself and set DOCKER_HOST."
}

ensure_engine() {
  local answer
  if answer=$(ask_engine 2>&1); then
    echo "$answer"
    return
  fi
  # The user chose an engine: never start another one behind their back.
  [[ -z ${DOCKER_HOST:-} ]] || fail "No Docker engine answers at DOCKER_HOST=$DOCKER_HOST: $answer" \
    "Start that engine, or unset DOCKER_HOST to use $socket."
  if ((EUID != 0)) || ! grep -Eqs '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
    fail "No Docker engine answers at $socket: $answer" \
      "Start one; or set DOCKER_HOST to where yours listens (see: docker context ls); or, if permission is denied, join the group docker."
  fi
  exec 9>"$lock"
  flock -w 600 9 || fail "Another engine.sh has held $lock for ten minutes." "End it, then try again."
  if ask_engine 2>/dev/null; then return; fi # the other one started it
  command -v dockerd >/dev/null || install_engine 9>&-
  if [[ -d /run/systemd/system ]]; then
    systemctl start docker 9>&- ||
      fail "systemctl could not start docker." "See: journalctl -u docker"
    ask_engine || fail "docker.service runs, but does not answer at $socket." "See: docker context ls"
    return
  fi
  # There may be one that is just starting, or ending.
  if is_running dockerd "$engine_pid" && wait_for_engine "$(<"$engine_pid")"; then return; fi
  start_engine
  wait_for_engine "$(<"$marker")" || fail_with_log "dockerd stopped while starting."
}

stop_engine() {
  if ! is_running dockerd "$marker"; then
    rm -f "$marker"
    echo "Nothing to stop: no dockerd that this script started is running."
    return
  fi
  local deadline=$((SECONDS + start_seconds)) pid
  pid=$(<"$marker")
  kill "$pid"
  while is_running dockerd "$marker"; do
    ((SECONDS < deadline)) ||
      fail "dockerd (pid $pid) has not stopped in $start_seconds seconds." "See $log."
    sleep 0.1
  done
  rm -f "$marker"
  echo "Stopped dockerd (pid $pid)."
}

case ${1:-} in
  "") ensure_engine ;;
  stop) stop_engine ;;
  *)
    echo "usage: $0 [stop]" >&2
    exit 2
    ;;
esac
