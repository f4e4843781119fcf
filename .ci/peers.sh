# Functions of .ci/run that get hold of the programs test/peers/ plays against. Where one cannot be had the checks with it are
# skipped, and say so; once the Debian packages are there, what they bring is required.

packages=(ffmpeg python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
  gstreamer1.0-plugins-bad gstreamer1.0-libav tcpdump tshark vlc-bin vlc-plugin-base util-linux)

have_packages() {
  local state
  state=$(dpkg-query -W -f '${Status}\n' "${packages[@]}" 2> /dev/null) || return 1
  ! grep -qv '^install ok installed$' <<< "$state"
}

install_packages() {
  if have_packages; then
    export RETINA_RECORD_REQUIRE_PEERS=1
  elif [[ $EUID == 0 ]] && command -v apt-get > /dev/null; then
    if attempt 420 'install Debian packages' bash -c \
      'apt-get update && apt-get install -y --no-install-recommends "$@"' bash "${packages[@]}"; then
      export RETINA_RECORD_REQUIRE_PEERS=1
    else
      tail -n 5 "$log"
    fi
  else
    echo 'WITHOUT Debian packages: this is not root, or there is no apt-get'
  fi
}

# Apart from the others, because some systems have it only as something that does not run in a container.
install_chromium() {
  if command -v chromium > /dev/null || [[ $EUID != 0 ]] || ! command -v apt-get > /dev/null; then return; fi
  attempt 300 'install Chromium' bash -c 'apt-get update && apt-get install -y --no-install-recommends chromium' ||
    tail -n 5 "$log"
}

# What no package brings: built where its tools are, in the background where it takes minutes.
build_peers() {
  if [[ -z ${RETINA_RECORD_GORTSPLIB:-} ]] && command -v go > /dev/null; then
    export GOCACHE=${GOCACHE:-$XDG_CACHE_HOME/go-build} GOPATH=${GOPATH:-$cache/go}
    if attempt 240 'build the gortsplib server' env -C test/peers/gortsplib-server go build -o "$work/gortsplib-server" .; then
      export RETINA_RECORD_GORTSPLIB=$work/gortsplib-server
    fi
  fi
  if [[ -z ${RETINA_RECORD_RUST_MP4:-} ]] && command -v cargo > /dev/null; then
    if attempt 240 'build the reader with the mp4 crate' \
      cargo build --locked --manifest-path test/peers/rust-mp4/Cargo.toml --target-dir "$cache/rust-mp4"; then
      export RETINA_RECORD_RUST_MP4=$cache/rust-mp4/debug/rust-mp4
    fi
  fi
  rust=${RETINA_RECORD_RUST:-$cache/rust/bin/retina-record}
  if ! [[ -x $rust ]] && command -v cargo > /dev/null; then
    # An interrupted build is taken up again by the next run.
    CARGO_TARGET_DIR=$cache/rust-target CARGO_BUILD_JOBS=1 nice -n 19 \
      timeout 600 cargo install retina-record --version 0.2.2 --locked --root "$cache/rust" > "$work/rust.log" 2>&1 &
    rust_build=$!
  fi
}

# The Rust build may take until ten minutes into the run.
await_rust() {
  if [[ -n $rust_build ]]; then
    while kill -0 "$rust_build" 2> /dev/null && ((SECONDS < 600)); do sleep 1; done
    kill "$rust_build" 2> /dev/null || true
    wait "$rust_build" || tail -n 3 "$work/rust.log"
    rust_build=
  fi
  if [[ -x $rust ]]; then export RETINA_RECORD_RUST=$rust; fi
}

describe_peers() {
  command -v chromium > /dev/null || echo 'WITHOUT Chromium: nothing is played in a browser'
  [[ -n ${RETINA_RECORD_GORTSPLIB:-} ]] || echo 'WITHOUT gortsplib: needs Go 1.23 or later and the Go module proxy'
  [[ -n ${RETINA_RECORD_RUST_MP4:-} ]] || echo 'WITHOUT the mp4 crate of Rust: needs cargo and crates.io'
  [[ -n ${RETINA_RECORD_RUST:-} ]] || echo 'WITHOUT the Rust retina-record: needs cargo, crates.io and some minutes more'
  [[ -n ${RETINA_RECORD_REQUIRE_PEERS:-} ]] || echo 'WITHOUT some Debian packages: what needs them is skipped below'
}
