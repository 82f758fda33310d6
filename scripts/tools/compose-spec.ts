import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Tool } from './tool.ts'

const version = 'v2.16.2'

/** The loader of Docker Compose as a program of its own: reads Compose files as Compose does, without an engine. */
export const composeSpec: Tool = {
  name: 'compose-spec',
  description: `the loader of Docker Compose, compose-go ${version}, for tests/deploy; built with Go in about a minute`,
  find(folder) {
    const file = path.join(placeIn(folder), 'compose-spec')
    return existsSync(file) ? file : null
  },
  async get(folder) {
    const place = placeIn(folder)
    const source = path.join(place, 'source')
    await mkdir(source, { recursive: true })
    const module = `module parley.local/tools\n\ngo 1.25.0\n\nrequire github.com/compose-spec/compose-go/v2 ${version}\n`
    await writeFile(path.join(source, 'go.mod'), module)
    await writeFile(path.join(source, 'main.go'), program)
    const file = path.join(place, 'compose-spec')
    const go = (...args: string[]) =>
      promisify(execFile)('go', args, {
        cwd: source,
        env: { ...process.env, GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
      })
    try {
      await go('mod', 'tidy')
      await go('build', '-trimpath', '-o', file, '.')
    } catch (cause) {
      throw new Error(`compose-spec could not be built; that needs Go 1.25 or newer (https://go.dev): ${cause}`, {
        cause,
      })
    }
    return file
  },
}

function placeIn(folder: string): string {
  return path.join(folder, `compose-spec-${version}`)
}

/** Loads the file that it is given, with the variables it has, and prints the project or why it is none. */
const program = `package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/graph"
	"github.com/compose-spec/compose-go/v2/types"
)

func main() {
	text, err := load(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(text)
}

func load(file string) (string, error) {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv,
		cli.WithWorkingDirectory(filepath.Dir(file)), cli.WithProfiles([]string{"*"}))
	if err != nil {
		return "", err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return "", err
	}
	visit := func(context.Context, string, types.ServiceConfig) error { return nil }
	if err := graph.InDependencyOrder(context.Background(), project, visit); err != nil {
		return "", err
	}
	text, err := project.MarshalYAML()
	return string(text), err
}
`
