SELECT act_for('')
