use super::{Facts, Ui};

fn on_a_terminal() -> Facts {
    Facts {
        stdin_terminal: true,
        stdout_terminal: true,
        stderr_terminal: true,
        ..Facts::default()
    }
}

#[test]
fn asks_only_where_somebody_can_see_the_question_and_answer_it() {
    assert!(Ui::new(on_a_terminal()).can_prompt());
    let closed: [fn(&mut Facts); 5] = [
        |facts| facts.stdin_terminal = false,
        |facts| facts.stderr_terminal = false,
        |facts| facts.no_input = true,
        |facts| facts.ci = true,
        |facts| facts.dumb = true,
    ];
    for close in closed {
        let mut facts = on_a_terminal();
        close(&mut facts);
        assert!(!Ui::new(facts.clone()).can_prompt(), "{facts:?}");
    }
}

#[test]
fn asks_while_stdout_is_redirected() {
    let facts = Facts {
        stdout_terminal: false,
        ..on_a_terminal()
    };
    assert!(Ui::new(facts).can_prompt());
}

#[test]
fn yes_does_not_close_the_gate() {
    let facts = Facts {
        yes: true,
        ..on_a_terminal()
    };
    assert!(Ui::new(facts).can_prompt());
}
